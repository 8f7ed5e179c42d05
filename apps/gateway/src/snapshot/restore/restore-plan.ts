import { compareEntries, entryKey, type Entry, type EntryComparison, type EntryRef } from '@outlast/snapshot'
import { restoreOrder } from './restore-order.ts'
import type { RestoreTarget, TargetChange } from './restore-target.ts'

/** What would turn a target into the snapshot. */
export interface RestorePlan {
  /** From what the target holds to what the snapshot holds; `removed` is what only the target has. */
  readonly comparison: EntryComparison
  /** What both have, as far as the target tells: it keeps part of it to itself. */
  readonly hidden: readonly Entry[]
  /** In the order in which they are to be made. */
  changes(options: { readonly remove: boolean }): readonly TargetChange[]
}

export function planRestore(target: RestoreTarget, wanted: readonly Entry[], found: readonly Entry[]): RestorePlan {
  const comparison = compareEntries(
    found,
    wanted.map((entry) => target.comparable(entry)),
  )
  const keys = (entries: readonly EntryRef[]): Set<string> => new Set(entries.map(entryKey))
  const [added, changed] = [keys(comparison.added), keys(comparison.changed)]
  const isNew = (entry: EntryRef): boolean => added.has(entryKey(entry))
  const hidden = wanted.filter((entry) => target.hides(entry) && !isNew(entry) && !changed.has(entryKey(entry)))
  const rewritten = keys(hidden)
  return {
    comparison,
    hidden,
    changes({ remove }) {
      const puts = wanted
        .filter((entry) => isNew(entry) || changed.has(entryKey(entry)) || rewritten.has(entryKey(entry)))
        .toSorted(restoreOrder)
        .map((entry): TargetChange => ({ type: isNew(entry) ? 'create' : 'replace', entry }))
      const removed = remove ? comparison.removed.toSorted(restoreOrder).toReversed() : []
      return [...puts, ...removed.map((entry): TargetChange => ({ type: 'remove', entry }))]
    },
  }
}
