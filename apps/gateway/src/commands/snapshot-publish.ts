import type { Command } from 'commander'
import { compareEntries, entryKey, needsKeys, type Entry } from '@outlast/snapshot'
import { validateConfiguration, type Finding } from '@outlast/snapshot/apisix'
import { decidedBy } from '../snapshot/actor.ts'
import { showComparison } from '../snapshot/comparison-text.ts'
import { confirm } from '../snapshot/confirm.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { groupCipher, revealed } from '../snapshot/group-cipher.ts'
import { knownSecrets } from '../snapshot/known-secrets.ts'
import { nameOfFile, readConfiguration } from '../snapshot/publish/read-configuration.ts'
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
    .option(
      '--force',
      'also when APISIX would refuse some of it, when it is empty, or when nothing that is there can be read',
    )
    .action(async (file: string, flags: PublishFlags, command: Command) => {
      await runOnStore(command, async (session) => publish(session, file, flags))
    })
}

async function publish(session: SnapshotSession, file: string, flags: PublishFlags): Promise<void> {
  const { signal, store, progress, newestWhole } = session
  if (store.domain === 'instance') throw new UserError('--domain: only resources can be published by hand')
  const by = decidedBy(flags)
  const newest = await session.resolve('latest')
  const successor = session.successorStore(newest)
  const cipher = await groupCipher(session)
  // The newest may be what is broken, and the reason for publishing.
  const base = await newestWhole()
  if (base === undefined && !flags.force) {
    throw new UserError(
      'nothing done: no snapshot can be read as a whole, so nothing can be compared or kept; --force publishes in spite of that',
      { exitCode: notFine },
    )
  }
  const { sequence } = base?.manifest ?? newest
  const before = revealed(cipher, base?.entries ?? [])
  const { entries: read, carriedOver } = await readConfiguration(file, before)
  // Most likely whatever was to write the file has failed, and nobody could be served any more.
  if (read.length === carriedOver.length && !flags.force) {
    throw new UserError(`nothing done: ${nameOfFile(file)} holds no entries; --force publishes it in spite of that`, {
      exitCode: notFine,
    })
  }
  const entries = revealed(cipher, read)
  if (carriedOver.length > 0) {
    session.note(`kept from snapshot ${sequence}, for which the file has no place: ${carriedOver.length} entries`)
  }
  judge(session, validateConfiguration({ resources: entries, instance: [] }), flags.force ?? false)
  showComparison(session, compareEntries(before, entries), `from snapshot ${sequence} to ${nameOfFile(file)}`)
  const encrypted = entries.map((entry) => cipher.protect(entry))
  warnOfClearSecrets(session, encrypted)
  if (!flags.yes) await confirm(session, `Publish this as the newest snapshot of ${session.name}?`)
  progress.say('publishing')
  const result = await successor.operator.publish(encrypted, by, { signal })
  reportPublication(session, result, heldUntilResume)
}

/** A keyring encrypts all sensitive fields; without one, it may just not have been looked for in the right place. */
function warnOfClearSecrets({ note }: SnapshotSession, entries: readonly Entry[]): void {
  if (needsKeys(entries).length > 0) return
  const secrets = knownSecrets()
  const count = entries.filter((entry) => secrets.of(entry).size > 0).length
  if (count === 0) return
  note(`warning: the instance store has no keyring for this group, so secrets of ${count} entries are stored in clear`)
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
