import { entryKey, type Domain, type Entry, type SourceState } from '@outlast/snapshot'
import { domains } from '../domains.ts'

/**
 * When the source last modified its entries: what it said with a complete state, and what was followed since. All states
 * that were followed from the same complete state, without a gap, share the very same one.
 */
export interface Modifications {
  /** A change has brought these entries; its revision is the latest at which they can have been modified. */
  note(entries: readonly Entry[], revision: number): void
  /** Each of these entries was put in the place of another one, without a modification. */
  carry(replaced: ReadonlyMap<Entry, Entry>): void
  /** By `entryKey`, as far as it is known, for entries of one of these states. */
  of(entries: Iterable<Entry>): ReadonlyMap<string, number>
}

/** What a complete state says about its entries; nothing, when its source cannot tell. */
export function modificationsOf(
  state: Readonly<Record<Domain, Iterable<Entry>>>,
  modified: SourceState['modified'],
): Modifications {
  // By the entries themselves instead of their keys: so it is right for every state, however the source has gone on.
  const revisions = new WeakMap<Entry, number>()
  for (const domain of modified === undefined ? [] : domains) {
    for (const entry of state[domain]) {
      const revision = modified?.[domain].get(entryKey(entry))
      if (revision !== undefined) revisions.set(entry, revision)
    }
  }
  return {
    note: (entries, revision) => {
      for (const entry of entries) revisions.set(entry, revision)
    },
    carry: (replaced) => {
      for (const [before, after] of replaced) {
        const revision = revisions.get(before)
        if (revision !== undefined) revisions.set(after, revision)
      }
    },
    of: (entries) => {
      const known = new Map<string, number>()
      for (const entry of entries) {
        const revision = revisions.get(entry)
        if (revision !== undefined) known.set(entryKey(entry), revision)
      }
      return known
    },
  }
}
