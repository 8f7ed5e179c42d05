import { diffValues, type JsonPatchOperation } from './diff-values.ts'
import { entryKey, type Entry, type EntryRef, type JsonValue } from '../entries/entry.ts'

/** An entry that both sides have, with different values. */
export interface ChangedEntry extends EntryRef {
  readonly before: JsonValue
  readonly after: JsonValue
  /** What turns `before` into `after` (RFC 6902). */
  readonly operations: readonly JsonPatchOperation[]
}

/** How two sets of entries differ; every list is in the order of the entries' keys. */
export interface EntryComparison {
  readonly added: readonly Entry[]
  readonly removed: readonly Entry[]
  readonly changed: readonly ChangedEntry[]
}

/**
 * Compares two sets of entries for people: a snapshot with another one, or with a live configuration. Entries that
 * are equal as JSON are left out. (`diffEntries` tells what is to be done; this tells what is different.)
 */
export function compareEntries(before: readonly Entry[], after: readonly Entry[]): EntryComparison {
  const old = new Map(before.map((entry) => [entryKey(entry), entry]))
  const added: Entry[] = []
  const changed: ChangedEntry[] = []
  for (const entry of after) {
    const { kind, id, value } = entry
    const key = entryKey(entry)
    const previous = old.get(key)
    old.delete(key)
    if (previous === undefined) {
      added.push(entry)
      continue
    }
    const operations = diffValues(previous.value, value)
    if (operations.length > 0) changed.push({ kind, id, before: previous.value, after: value, operations })
  }
  return { added: added.sort(byKey), removed: [...old.values()].sort(byKey), changed: changed.sort(byKey) }
}

function byKey(left: EntryRef, right: EntryRef): number {
  const [a, b] = [entryKey(left), entryKey(right)]
  return a < b ? -1 : Number(a > b)
}
