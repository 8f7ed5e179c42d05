import type { Command } from 'commander'
import type { SnapshotVerdict } from '@outlast/snapshot'
import { printable, readableCounts } from '../snapshot/readable.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import { noSnapshots, noSuchSnapshot, sequenceOf, type SnapshotSession } from '../snapshot/snapshot-session.ts'
import { UserError } from '../user-error.ts'

export function snapshotVerifyCommand(): Command {
  return snapshotSubcommand(
    'verify',
    'Read everything that a snapshot names and say what is damaged. Exit code 2 then.',
  )
    .argument('[sequence]', 'number of a snapshot, or latest', 'latest')
    .option('--all', 'every snapshot of the store')
    .action(async (reference: string, flags: { all?: true }, command: Command) => {
      if (flags.all && reference !== 'latest') throw new UserError('give the number of a snapshot, or --all')
      await runOnStore(command, async (session) => verify(session, reference, flags.all ?? false))
    })
}

async function verify(session: SnapshotSession, reference: string, all: boolean): Promise<number> {
  const { store, signal } = session
  const listed = reference === 'latest' ? await store.sequences({ signal }) : [sequenceOf(reference)]
  if (listed.length === 0) throw noSnapshots(session.name)
  const verdicts: SnapshotVerdict[] = []
  for await (const verdict of store.verify({ sequences: listed, signal })) {
    const isMissing = verdict.problems.some(({ code }) => code === 'not-found')
    if (isMissing && reference !== 'latest') throw noSuchSnapshot(session.name, verdict.sequence)
    // Pruned since it was listed.
    if (isMissing) continue
    verdicts.push(verdict)
    session.progress.say(`verified ${verdicts.length} of ${listed.length} snapshots`)
    if (!session.json) report(session, verdict)
    // Of the latest ones, up to the one that a reader would use.
    if (!all && verdict.problems.length === 0) break
  }
  const damaged = verdicts.filter(({ problems }) => problems.length > 0)
  if (session.json) {
    const snapshots = verdicts.map(({ sequence, problems }) => ({ sequence, problems }))
    session.printJson({ store: session.name, verified: verdicts.length, damaged: damaged.length, snapshots })
  }
  return damaged.length > 0 ? notFine : 0
}

function report(session: SnapshotSession, { sequence, manifest, problems }: SnapshotVerdict): void {
  if (problems.length === 0) session.print(`${sequence} ok: ${printable(readableCounts(manifest?.counts ?? {}))}`)
  for (const { code, message } of problems) session.print(`${sequence} ${code}: ${printable(message)}`)
}
