import type { Command } from 'commander'
import { decidedBy } from '../snapshot/actor.ts'
import { showComparison } from '../snapshot/comparison-text.ts'
import { confirm } from '../snapshot/confirm.ts'
import { heldUntilResume, reportPublication } from '../snapshot/report-publication.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'

interface RollbackFlags {
  readonly reason: string
  readonly actor?: string
  readonly yes?: true
}

export function snapshotRollbackCommand(): Command {
  const description = 'Publish the content of an older snapshot as the newest, and hold exporters until resume.'
  return snapshotSubcommand('rollback', description, { publishes: true })
    .argument('<sequence>', 'number of the snapshot to go back to; latest only holds what is there')
    .requiredOption('--reason <text>', 'why; kept in the snapshot')
    .option('--actor <name>', 'who; default: the user of the system')
    .option('--yes', 'do not ask')
    .action(async (reference: string, flags: RollbackFlags, command: Command) => {
      await runOnStore(command, async (session) => rollback(session, reference, flags))
    })
}

async function rollback(session: SnapshotSession, reference: string, flags: RollbackFlags): Promise<void> {
  const { signal, store, newestWhole } = session
  const by = decidedBy(flags)
  const newest = await session.resolve('latest')
  const wanted = await session.resolve(reference)
  const successor = session.successorStore(newest)
  // The newest may be what is broken, and the reason for going back.
  const { manifest: base } = (await newestWhole()) ?? { manifest: newest }
  const comparison = await store.diff(base, wanted, { signal })
  showComparison(session, comparison, `from snapshot ${base.sequence} to ${wanted.sequence}`)
  if (!flags.yes) await confirm(session, `Publish snapshot ${wanted.sequence} of ${session.name} again?`)
  reportPublication(session, await successor.operator.rollback(wanted.sequence, by, { signal }), heldUntilResume)
}
