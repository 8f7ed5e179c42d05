import type { Command } from 'commander'
import { compareEntries, entryKey, type Entry, type FieldCipher, type Manifest } from '@outlast/snapshot'
import { validateConfiguration, type Finding } from '@outlast/snapshot/apisix'
import { decidedBy } from '../snapshot/actor.ts'
import { showComparison } from '../snapshot/comparison-text.ts'
import { confirm } from '../snapshot/confirm.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { groupCipher, revealed } from '../snapshot/group-cipher.ts'
import { readConfiguration } from '../snapshot/publish/read-configuration.ts'
import { printable } from '../snapshot/readable.ts'
import { heldUntilResume, reportPublication } from '../snapshot/report-publication.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'
import { UserError } from '../user-error.ts'

interface PublishFlags {
  readonly reason: string
  readonly actor?: string
  readonly yes?: true
  readonly force?: true
}

export function snapshotPublishCommand(): Command {
  const description =
    'Publish a configuration by hand while the control plane is away, and hold exporters until resume.'
  return snapshotSubcommand('publish', description, { publishes: true })
    .argument('<file>', 'what export --reveal has written, an apisix.yaml or apisix.json, or - for standard input')
    .requiredOption('--reason <text>', 'why; kept in the snapshot')
    .option('--actor <name>', 'who; default: the user of the system')
    .option('--yes', 'do not ask')
    .option('--force', 'also when APISIX would refuse some of it')
    .action(async (file: string, flags: PublishFlags, command: Command) => {
      await runOnStore(command, async (session) => publish(session, file, flags))
    })
}

async function publish(session: SnapshotSession, file: string, flags: PublishFlags): Promise<void> {
  const { signal, store, progress } = session
  if (store.domain === 'instance') throw new UserError('--domain: only resources can be published by hand')
  const by = decidedBy(flags)
  const newest = await session.resolve('latest')
  const successor = session.successorStore(newest)
  const cipher = await groupCipher(session)
  const base = await clearEntries(session, newest, cipher)
  const { entries: read, carriedOver } = await readConfiguration(file, base)
  const entries = revealed(cipher, read)
  if (carriedOver.length > 0) {
    session.note(
      `kept from snapshot ${newest.sequence}, for which the file has no place: ${carriedOver.length} entries`,
    )
  }
  judge(session, validateConfiguration({ resources: entries, instance: [] }), flags.force ?? false)
  showComparison(session, compareEntries(base, entries), `from snapshot ${newest.sequence} to ${file}`)
  if (!flags.yes) await confirm(session, `Publish this as the newest snapshot of ${session.name}?`)
  progress.say('publishing')
  const encrypted = entries.map((entry) => cipher.protect(entry))
  const result = await successor.operator.publish(encrypted, by, { signal })
  reportPublication(session, result, heldUntilResume)
}

async function clearEntries(
  { store, signal }: SnapshotSession,
  manifest: Manifest,
  cipher: FieldCipher,
): Promise<readonly Entry[]> {
  return revealed(cipher, (await store.load(manifest, { signal })).entries)
}

function judge(session: SnapshotSession, findings: readonly Finding[], force: boolean): void {
  for (const { severity, path = '', reason, ...entry } of findings) {
    session.note(printable(`${severity}: ${entryKey(entry)}${path && ` ${path}`}: ${reason}`))
  }
  const invalid = findings.filter(({ severity }) => severity === 'invalid').length
  if (invalid === 0 || force) return
  throw new UserError(`nothing done: ${invalid} entries are invalid; --force publishes them in spite of that`, {
    exitCode: notFine,
  })
}
