// Stands for your own proxy: something that takes entries and routes by them.
import { entryKey, type Entry, type EntryRef } from '@outlast/snapshot'

export interface YourRouter {
  /** Why the entry cannot be used, or `undefined`. */
  check(entry: Entry): string | undefined
  swap(upserted: readonly Entry[], removed: readonly EntryRef[]): void
  describe(): string
}

export function createYourRouter(): YourRouter {
  const entries = new Map<string, Entry>()
  return {
    check: ({ value }) => (typeof value === 'object' && value !== null ? undefined : 'must be an object'),
    swap(upserted, removed) {
      for (const ref of removed) entries.delete(entryKey(ref))
      for (const entry of upserted) entries.set(entryKey(entry), entry)
    },
    describe: () => [...entries.keys()].sort().join(' ') || 'nothing',
  }
}
