import { eachInSlices, type Entry } from '@outlast/snapshot'

import { oneAtATime } from '../../one-at-a-time.ts'
import { entryRefOf } from '../group-keys.ts'
import { parseStored, type JsonObject } from '../json-object.ts'
import { keySpan, type ConfigStore, type KeySpan, type StoredItem } from '../store/config-store.ts'

/** The entries of a gateway group that have a name now, in no order. */
export type EntryIndex = (group: string, name: string) => Promise<readonly Entry[]>

/** One gateway group, as far as the store was read. */
interface Known {
  readonly clusterId: string
  revision: number
  /** Keys by name. Some may have changed or gone by now. */
  readonly keys: Map<string, Set<string>>
  /** The other way round. Keys without names are not in it. */
  readonly names: Map<string, readonly string[]>
}

/** So many entries that are gone are remembered before everything is read anew. */
const maximumGone = 1_000

/**
 * Finds entries by names that follow from what they hold. The span is read once, in slices; after that only what has
 * changed is, so that a search costs as much as the change since the one before. Rejects with `StoreError`.
 */
export function entryIndex(options: {
  readonly store: ConfigStore
  readonly spanOf: (group: string) => KeySpan
  readonly namesOf: (entry: Entry) => Iterable<string>
}): EntryIndex {
  const { store, spanOf, namesOf } = options
  const groups = new Map<string, Known>()
  const inTurn = oneAtATime()

  const namesIn = (entry: Entry | undefined): Set<string> => new Set(entry && namesOf(entry))

  const take = (known: Known, key: string, names: ReadonlySet<string>): void => {
    for (const name of known.names.get(key) ?? []) {
      const keys = known.keys.get(name)
      keys?.delete(key)
      if (keys?.size === 0) {
        known.keys.delete(name)
      }
    }
    for (const name of names) {
      known.keys.set(name, (known.keys.get(name) ?? new Set()).add(key))
    }
    if (names.size === 0) known.names.delete(key)
    else known.names.set(key, [...names])
  }

  const refreshed = async (group: string): Promise<Known> => {
    const { clusterId } = await store.identity()
    const before = groups.get(group)
    const since = before?.clusterId === clusterId ? { minModRevision: before.revision + 1 } : {}
    const { revision, items, count } = await store.range({ keys: spanOf(group), ...since })
    const isContinued =
      before?.clusterId === clusterId && revision >= before.revision && before.names.size <= count + maximumGone
    // Another store is in its place, or most of what is known is gone.
    if (before !== undefined && !isContinued) {
      groups.delete(group)
      return refreshed(group)
    }
    const known = before ?? {
      clusterId,
      revision,
      keys: new Map<string, Set<string>>(),
      names: new Map<string, string[]>(),
    }
    await eachInSlices(items, (item) => {
      take(known, item.key, namesIn(entryOf(group, item)))
    })
    known.revision = revision
    groups.set(group, known)
    return known
  }

  return async (group, name) => {
    const { keys } = await inTurn(async () => refreshed(group))
    const found: Entry[] = []
    for (const key of Array.from(keys.get(name) ?? [])) {
      const [item] = (await store.range({ keys: keySpan(key) })).items
      const entry = item && entryOf(group, item)
      if (entry !== undefined && namesIn(entry).has(name)) {
        found.push(entry)
      }
    }
    return found
  }
}

/** `undefined` for what is damaged: one such item must not stand in the way of all others. */
function entryOf(group: string, { key, value }: StoredItem): Entry | undefined {
  const ref = entryRefOf(group, key)
  const parsed = parsedOrNothing(value)
  return ref && parsed && { ...ref, value: parsed }
}

function parsedOrNothing(text: string): JsonObject | undefined {
  try {
    return parseStored(text)
  } catch {
    return undefined
  }
}
