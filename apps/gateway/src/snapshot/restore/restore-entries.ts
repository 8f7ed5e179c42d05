import { entryKey, type Domain, type Entry, type EntryRef } from '@outlast/snapshot'
import { domainOf } from '@outlast/snapshot/apisix'
import { UserError } from '../../user-error.ts'
import { notFine } from '../exit-codes.ts'
import { planRestore, type RestorePlan } from './restore-plan.ts'
import type { Refusal, RestoreTarget } from './restore-target.ts'

/** What becomes of entries that the target has and the snapshot has not, and of those that differ. */
export type RestoreMode = 'into-empty' | 'merge' | 'replace'

export interface RestoreResult {
  readonly added: number
  readonly changed: number
  readonly deleted: number
  /** Entries of the target's own that stay. */
  readonly kept: number
  readonly refused: readonly Refusal[]
  /** Keys of entries that the target, asked again, did not have as they were written, or still had. */
  readonly different: readonly string[]
}

/**
 * Makes a target hold what the snapshot holds: compares, writes what differs, reads everything back. Done twice, it
 * finishes what was broken off. Throws `UserError`: the target holds something else and `mode` does not allow for it.
 */
export async function restoreEntries(options: {
  readonly target: RestoreTarget
  readonly entries: readonly Entry[]
  /** Entries of other domains in the target are none of this restoration's business. */
  readonly domains: readonly Domain[]
  readonly mode: RestoreMode
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}): Promise<RestoreResult> {
  const { target, mode, signal } = options
  const plan = await restorePlan(options)
  refuseOthers(target, plan, mode)
  const changes = plan.changes({ remove: mode === 'replace' })
  const refused = await target.apply(changes, {
    signal,
    onProgress: (done) => options.onProgress(done, changes.length),
  })
  const isRefused = new Set(refused.map(entryKey))
  const count = (list: readonly EntryRef[]): number => list.filter((entry) => !isRefused.has(entryKey(entry))).length
  const { added, changed, removed } = plan.comparison
  const left = differences(target, await restorePlan(options), mode).filter((key) => !isRefused.has(key))
  return {
    added: count(added),
    changed: count(changed),
    deleted: mode === 'replace' ? count(removed) : 0,
    kept: mode === 'replace' ? 0 : removed.length,
    refused,
    different: left,
  }
}

/** What `restoreEntries` would do. Writes nothing. */
export async function restorePlan(options: {
  readonly target: RestoreTarget
  readonly entries: readonly Entry[]
  readonly domains: readonly Domain[]
  readonly signal: AbortSignal
}): Promise<RestorePlan> {
  const { target, entries, domains, signal } = options
  const wanted = new Set(entries.map(entryKey))
  const found = await target.load({ wanted: entries, signal })
  const own = found.filter((entry) => domains.includes(domainOf(entry.kind)) || wanted.has(entryKey(entry)))
  return planRestore(target, entries, own)
}

/** Throws `UserError` when the plan would overwrite or leave beside it what nobody has allowed for. */
function refuseOthers(target: RestoreTarget, { comparison }: RestorePlan, mode: RestoreMode): void {
  const { changed, removed } = comparison
  if (mode !== 'into-empty' || changed.length + removed.length === 0) return
  throw new UserError(
    `${target.name} holds something else: ${removed.length} entries that the snapshot has not, ${changed.length} that ` +
      'differ; --merge overwrites those that differ and keeps the others, --replace deletes the others, --dry-run shows them',
    { exitCode: notFine },
  )
}

function differences(target: RestoreTarget, { comparison }: RestorePlan, mode: RestoreMode): string[] {
  const { added, changed, removed } = comparison
  const different = changed.filter(({ before, after }) => !target.accepts(before, after))
  return [...added, ...different, ...(mode === 'replace' ? removed : [])].map(entryKey)
}
