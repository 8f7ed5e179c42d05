import { Option, type Command } from 'commander'
import { entryKey, type Domain, type Entry } from '@outlast/snapshot'
import { comparisonCounts, comparisonLines, maskedComparison } from '../snapshot/comparison-text.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { secretMask } from '../snapshot/mask-secrets.ts'
import { printable } from '../snapshot/readable.ts'
import {
  restoreEntries,
  restorePlan,
  type RestoreMode,
  type RestoreResult,
} from '../snapshot/restore/restore-entries.ts'
import type { RestorePlan } from '../snapshot/restore/restore-plan.ts'
import type { RestoreTarget } from '../snapshot/restore/restore-target.ts'
import { targetFromUrl } from '../snapshot/restore/target-from-url.ts'
import { revealEntries } from '../snapshot/group-cipher.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'
import { UserError } from '../user-error.ts'

interface RestoreFlags {
  readonly to: string
  readonly merge?: true
  readonly replace?: true
  readonly dryRun?: true
  readonly domain: Domain | 'all'
}

interface Restoration {
  readonly sequence: number
  readonly target: RestoreTarget
  readonly entries: readonly Entry[]
  readonly domains: readonly Domain[]
  readonly mode: RestoreMode
  readonly signal: AbortSignal
}

export function snapshotRestoreCommand(): Command {
  return snapshotSubcommand('restore', 'Rebuild a lost control plane from a snapshot.', { takesAllDomains: true })
    .argument('<sequence>', 'number of a snapshot, or latest')
    .requiredOption('--to <url>', 'where to: an etcd, an Admin API, or the data folder of a stopped control plane')
    .addOption(
      new Option('--merge', 'overwrite entries that differ, keep those that the snapshot has not').conflicts('replace'),
    )
    .option('--replace', 'overwrite entries that differ, delete those that the snapshot has not')
    .option('--dry-run', 'only say what would change; secrets are masked')
    .addHelpText('after', help)
    .action(async (reference: string, flags: RestoreFlags, command: Command) => {
      await runOnStore(command, async (session) => restore(session, reference, flags))
    })
}

const help = `
Targets (--to):
  etcd://host:2379,host:2379/prefix          OUTLAST_TARGET_USER and OUTLAST_TARGET_PASSWORD, when it wants them
  etcds://host:2379/prefix?ca_file=…         with TLS; cert_file=… and key_file=… for a client
                                             certificate, server_name=… when it is not the host
  http://host:9180 or https://host:9180      an Admin API, ours or APISIX's; OUTLAST_ADMIN_KEY
  file:///path                               the data folder of an Outlast control plane that does not run

The prefix of a stock APISIX is /apisix, that of an Outlast control plane /gateway_groups/<group>. A target that is empty,
or holds part of the snapshot and nothing else, needs neither --merge nor --replace: what was broken off is finished by the
same command. --domain all takes the newest instance snapshot with the resources.`

async function restore(session: SnapshotSession, reference: string, flags: RestoreFlags): Promise<number> {
  const { signal } = session
  const target = await targetFromUrl(flags.to, { group: session.group, environment: process.env })
  try {
    const manifest = await session.resolve(reference)
    const { entries } = await session.store.load(manifest, { signal })
    const instance = flags.domain === 'all' ? await instanceEntries(session) : []
    const restoration: Restoration = {
      sequence: manifest.sequence,
      target,
      entries: [...(await revealEntries(session, entries)), ...instance],
      domains: flags.domain === 'all' ? ['resources', 'instance'] : [flags.domain],
      mode: flags.replace ? 'replace' : flags.merge ? 'merge' : 'into-empty',
      signal,
    }
    if (!flags.dryRun) return await perform(session, restoration)
    announce(session, restoration, await restorePlan(restoration))
    return 0
  } finally {
    await target.close()
    if (signal.aborted) session.note('interrupted; the same command completes it')
  }
}

async function instanceEntries({ instance, newestWhole, note, signal }: SnapshotSession): Promise<readonly Entry[]> {
  if ((await instance.sequences({ signal })).length === 0) {
    note('there are no snapshots of the instance domain')
    return []
  }
  const newest = await newestWhole(instance)
  if (newest === undefined) throw new UserError('none of the instance snapshots can be used', { exitCode: notFine })
  return newest.entries
}

function announce(session: SnapshotSession, { sequence, target, mode }: Restoration, plan: RestorePlan): void {
  const mask = secretMask(() => '***')
  const { added, changed, removed } = plan.comparison
  const comparison = { added, changed, removed: mode === 'replace' ? removed : [] }
  if (session.json) {
    const kept = removed.length - comparison.removed.length
    session.printJson({ dryRun: true, sequence, target: target.name, ...maskedComparison(comparison, mask), kept })
    return
  }
  for (const line of comparisonLines(comparison, mask)) session.print(line)
  session.note(`${target.name}: ${comparisonCounts(comparison)}, nothing done`)
  if (mode !== 'replace' && removed.length > 0) {
    session.note(`entries that the snapshot has not: ${removed.length}; --replace would delete them`)
  }
  if (mode === 'into-empty' && changed.length + removed.length > 0) {
    session.note('a target that holds something else is refused without --merge or --replace')
  }
  if (plan.hidden.length > 0) session.note(hiddenNote(plan.hidden.length))
  if (mask.replaced() > 0) session.note(`masked values that look secret: ${mask.replaced()}`)
}

async function perform(session: SnapshotSession, restoration: Restoration): Promise<number> {
  const { sequence, target, entries } = restoration
  const result = await restoreEntries({
    ...restoration,
    onProgress: (done, total) => session.progress.say(`wrote ${done} of ${total} entries`),
  })
  const { added, changed, deleted, kept, refused, different } = result
  const restored = entries.length - refused.length
  // Nothing can be said of a target that took nothing: it may be none at all.
  const isVerified = different.length === 0 && (restored > 0 || refused.length === 0)
  if (session.json) {
    const counts = { restored, added, changed, deleted, kept }
    session.printJson({
      dryRun: false,
      sequence,
      target: target.name,
      counts,
      refused,
      different,
      verified: isVerified,
    })
  } else {
    for (const { reason, ...entry } of refused) session.note(printable(`not restored: ${entryKey(entry)}: ${reason}`))
    for (const key of different) session.note(printable(`not as it was written: ${key}`))
    session.print(summary(restored, result, isVerified))
  }
  return refused.length > 0 || !isVerified ? notFine : 0
}

function summary(
  restored: number,
  { added, changed, deleted, kept, refused }: RestoreResult,
  isVerified: boolean,
): string {
  const counts = `${added} added, ${changed} changed, ${deleted} deleted${kept > 0 ? `, ${kept} others kept` : ''}`
  const rest = refused.length > 0 ? `, ${refused.length} not restored` : ''
  return `restored ${restored} entries (${counts})${rest}, ${isVerified ? 'verified' : 'NOT verified'}`
}

function hiddenNote(count: number): string {
  return `entries that cannot be compared as a whole, and are written in any case: ${count}`
}
