import type { Clock, Entry } from '@outlast/snapshot'

import { groupTerms, type GroupTerms } from '../gateway-groups.ts'
import { groupKey } from '../group-keys.ts'
import { keySpan, type ConfigStore, type StoredItem } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { JsonObject } from './json-object.ts'
import { entryOf, ownedSpan, type ResourcePlace } from './resource-place.ts'
import { requireOwnPlugins, requireReferences, requireUnused } from './resource-references.ts'

export interface ResourceWriter {
  read: (place: ResourcePlace, id: string) => Promise<StoredItem | undefined>
  /** Writes what `make` makes of the present item, which must still be the same by then, as must be all that it uses. */
  write: (
    place: ResourcePlace,
    id: string,
    make: (existing: StoredItem | undefined) => JsonObject,
  ) => Promise<{ readonly created: boolean; readonly value: JsonObject; readonly revision: number }>
  /** Deletes an item and what it owns; one that others use only by force. Resolves to the revision. */
  remove: (place: ResourcePlace, id: string, options: { readonly forced: boolean }) => Promise<number>
}

/** How often a write is tried again when another process changed what it is about. */
const maximumAttempts = 5

/** As many as a transaction takes, and some room. */
const deletionsAtOnce = 100

/** Writes to the store what the API has checked by itself, once it fits to what is there. Rejects with `AdminError` or `StoreError`. */
export function resourceWriter({
  store,
  clock,
}: {
  readonly store: ConfigStore
  readonly clock: Clock
}): ResourceWriter {
  const read: ResourceWriter['read'] = async (place, id) =>
    (await store.range({ keys: keySpan(groupKey(place.group, entryOf(place, id))) })).items[0]

  /** Throws when the entry does not fit to others, or to its group; resolves to what that depends on. */
  const termsOf = async (place: ResourcePlace, entry: Entry, value: JsonObject): Promise<GroupTerms> => {
    if (place.kind.name === 'global_rules') {
      await requireOwnPlugins({ store, group: place.group }, { id: entry.id, value })
    }
    const { compare, operations } = await requireGroup({ store, clock }, place.group)
    return { compare: [...compare, ...(await requireReferences({ store, group: place.group }, entry))], operations }
  }

  return {
    read,
    async write(place, id, make) {
      const ref = entryOf(place, id)
      const key = groupKey(place.group, ref)
      for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
        const existing = await read(place, id)
        const value = make(existing)
        const terms = await termsOf(place, { ...ref, value }, value)
        const result = await store.transaction({
          compare: [{ key, modRevision: existing?.modRevision ?? 0 }, ...terms.compare],
          operations: [{ type: 'put', key, value: JSON.stringify(value) }, ...terms.operations],
        })
        if (result.status === 'committed') {
          return { created: existing === undefined, value, revision: result.revision }
        }
      }
      throw new AdminError(503, 'value changed before overwritten')
    },

    async remove(place, id, { forced }) {
      const { group, kind } = place
      if (!forced) {
        await requireUnused({ store, group }, kind, id)
      }
      const item = await read(place, id)
      if (item === undefined) {
        throw keyNotFound()
      }
      const owned = place.owner === undefined ? (await store.range({ keys: ownedSpan(place, id) })).items : []
      const keys = [...owned.map(({ key }) => key), item.key]
      // The item itself goes last, so that nothing is ever left without its owner.
      let revision = item.modRevision
      for (let start = 0; start < keys.length; start += deletionsAtOnce) {
        const operations = keys.slice(start, start + deletionsAtOnce).map((key) => ({ type: 'delete' as const, key }))
        revision = (await store.transaction({ operations })).revision
      }
      return revision
    },
  }
}

/** Throws 404 for a gateway group that does not exist; resolves to the terms on which it is written to. */
export async function requireGroup(
  { store, clock }: { readonly store: ConfigStore; readonly clock: Clock },
  group: string,
): Promise<GroupTerms> {
  const terms = await groupTerms(store, group, clock)
  if (terms === undefined) {
    throw new AdminError(404, `gateway group [${group}] not found`)
  }
  return terms
}
