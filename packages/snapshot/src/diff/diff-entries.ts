import { entryKey, type Entry, type EntryChanges } from '../entries/entry.ts'
import { jsonEquals } from '../entries/json-equals.ts'

/**
 * What turns `before` into `after`: upserted entries in the order of `after`, removed ones in that of `before`.
 * An entry whose value is equal as JSON is left out. When a list names an entry twice, the last one counts.
 */
export function diffEntries(before: readonly Entry[], after: readonly Entry[]): EntryChanges {
  const old = byKey(before)
  const target = byKey(after)
  const upserted: Entry[] = []
  for (const [key, entry] of target) {
    const previous = old.get(key)
    // `undefined` is no JSON value, so an absent entry is never equal.
    if (!jsonEquals(previous?.value, entry.value)) upserted.push(entry)
    old.delete(key)
  }
  return { upserted, removed: [...old.values()].map(({ kind, id }) => ({ kind, id })) }
}

function byKey(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entryKey(entry), entry]))
}
