import type { Entry } from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'

import { entryRefOf, groupKey, kindSpan } from './group-keys.ts'
import { isJsonObject, parseStored, parseStoredValue } from './json-object.ts'
import { keyringKind } from './keyring-entries.ts'
import { keySpan, type ConfigStore, type StoredItem, type TransactionOptions } from './store/config-store.ts'

// Beside what belongs to the groups, so that no data plane and no backup ever sees it.
const markers = '/outlast/keyrings/'

type Compare = NonNullable<TransactionOptions['compare']>

/** The keyring of a gateway group, and what a change of it depends on. */
export interface GroupKeyring {
  /** In the order of their ids, which is that of their keys. They hold the keys: never log them. */
  readonly entries: readonly Entry[]
  /** Of its keys, in their order: the first encrypts. Says nothing about the keys. */
  readonly keyIds: readonly string[]
  /** By key id, in seconds; those of keys that came from elsewhere are not known. */
  readonly createTimes: ReadonlyMap<string, number>
  /** Holds as long as nobody has changed the keyring. */
  readonly unchanged: Compare
}

/**
 * Reads a group's keyring. Every change of one also writes a key that stands for the keyring as a whole, so that two control
 * planes which begin with none, or change different entries of it, cannot both succeed. Rejects with `StoreError`.
 */
export async function readGroupKeyring(
  store: ConfigStore,
  group: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<GroupKeyring> {
  const [marker] = (await store.range({ keys: keySpan(markerKey(group)), ...options })).items
  const { items } = await store.range({ keys: kindSpan(group, keyringKind), ...options })
  const entries = items.flatMap(({ key, value }): readonly Entry[] => {
    const ref = entryRefOf(group, key)
    return ref === undefined ? [] : [{ ...ref, value: parseStoredValue(value) }]
  })
  return {
    entries,
    keyIds: keyringOf(entries).keyIds,
    createTimes: createTimesIn(marker),
    unchanged: [
      { key: markerKey(group), modRevision: marker?.modRevision ?? 0 },
      ...items.map(({ key, modRevision }) => ({ key, modRevision })),
    ],
  }
}

/** The transaction that puts `entries` in the place of a keyring, if that is still as it was read. */
export function keyringChange(
  group: string,
  before: GroupKeyring,
  next: {
    readonly entries: readonly Entry[]
    /** Of keys that are new, in seconds; absent when it is not known. */
    readonly createTime?: number | undefined
  },
): { readonly compare: Compare; readonly operations: TransactionOptions['operations'] } {
  const { entries, createTime } = next
  const compared = new Set(before.unchanged.map(({ key }) => key))
  const keys = new Set(entries.map((entry) => groupKey(group, entry)))
  const appearing = [...keys].filter((key) => !compared.has(key)).map((key) => ({ key, modRevision: 0 }))
  const gone = before.entries.map((entry) => groupKey(group, entry)).filter((key) => !keys.has(key))
  const marker = { keys: timesByKey(before, keyringOf(entries).keyIds, createTime) }
  return {
    compare: [...before.unchanged, ...appearing],
    operations: [
      { type: 'put', key: markerKey(group), value: JSON.stringify(marker) },
      ...entries
        .filter((entry) => !before.entries.includes(entry))
        .map((entry) => ({ type: 'put' as const, key: groupKey(group, entry), value: JSON.stringify(entry.value) })),
      ...gone.map((key) => ({ type: 'delete' as const, key })),
    ],
  }
}

function timesByKey(
  { keyIds, createTimes }: GroupKeyring,
  next: readonly string[],
  createTime: number | undefined,
): Record<string, { readonly create_time?: number }> {
  const known = new Set(keyIds)
  return Object.fromEntries(
    next.map((keyId) => {
      const time = known.has(keyId) ? createTimes.get(keyId) : createTime
      return [keyId, time === undefined ? {} : { create_time: time }]
    }),
  )
}

function createTimesIn(marker: StoredItem | undefined): ReadonlyMap<string, number> {
  const keys = marker && parseStored(marker.value)['keys']
  return new Map(
    Object.entries(isJsonObject(keys) ? keys : {}).flatMap(([keyId, about]) => {
      const time = isJsonObject(about) ? about['create_time'] : undefined
      return typeof time === 'number' ? [[keyId, time] as const] : []
    }),
  )
}

function markerKey(group: string): string {
  return `${markers}${group}`
}
