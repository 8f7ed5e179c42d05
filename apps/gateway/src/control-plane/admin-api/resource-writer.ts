import type { Clock, Entry } from '@outlast/snapshot'

import { groupTerms, type GroupTerms } from '../gateway-groups.ts'
import { groupKey } from '../group-keys.ts'
import type { JsonObject } from '../json-object.ts'
import { keySpan, type ConfigStore, type StoredItem, type TransactionResult } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import { entryOf, ownedSpan, type ResourcePlace } from './resource-place.ts'
import { requireOwnPlugins, requireReferences, requireUnused } from './resource-references.ts'
import { requireUniqueKeys } from './unique-consumer-keys.ts'
import { untilCommitted } from './until-committed.ts'

export interface ResourceWriter {
  read: (place: ResourcePlace, id: string) => Promise<StoredItem | undefined>
  /** Writes what `make` makes of the present item, which must still be the same by then, as must be all that it uses. */
  write: (
    place: ResourcePlace,
    id: string,
    make: (existing: StoredItem | undefined) => JsonObject,
  ) => Promise<{ readonly created: boolean; readonly value: JsonObject; readonly revision: number }>
  /**
   * Deletes an item and what it owns, as they were when it was checked that nobody uses it; one that others use only by
   * force. Resolves to the revision.
   */
  remove: (place: ResourcePlace, id: string, options: { readonly forced: boolean }) => Promise<number>
}

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
  const requireUnique = requireUniqueKeys(store)
  const requireNoUser = requireUnused(store)
  const read: ResourceWriter['read'] = async (place, id) =>
    (await store.range({ keys: keySpan(groupKey(place.group, entryOf(place, id))) })).items[0]

  /** Throws when the entry does not fit to others, or to its group; resolves to what that depends on. */
  const termsOf = async (place: ResourcePlace, entry: Entry, value: JsonObject): Promise<GroupTerms> => {
    if (place.kind.name === 'global_rules') {
      await requireOwnPlugins({ store, group: place.group }, { id: entry.id, value })
    }
    if (place.kind.storedAs === 'consumers') {
      await requireUnique(place.group, entry)
    }
    const { compare, operations } = await requireGroup({ store, clock }, place.group)
    return { compare: [...compare, ...(await requireReferences({ store, group: place.group }, entry))], operations }
  }

  const ownedBy = async (place: ResourcePlace, id: string): Promise<readonly StoredItem[]> =>
    (await store.range({ keys: ownedSpan(place, id) })).items

  /** Deletes items in their order; none of a step of which one has changed since it was read. */
  const removeUnchanged = async (items: readonly StoredItem[]): Promise<TransactionResult> => {
    let result: TransactionResult = { status: 'committed', revision: 0 }
    for (let start = 0; start < items.length && result.status === 'committed'; start += deletionsAtOnce) {
      const some = items.slice(start, start + deletionsAtOnce)
      result = await store.transaction({
        compare: some.map(({ key, modRevision }) => ({ key, modRevision })),
        operations: some.map(({ key }) => ({ type: 'delete', key })),
      })
    }
    return result
  }

  /** What another process has added to an item while that was deleted. Nobody can add more: its owner is gone. */
  const removeOrphans = async (place: ResourcePlace, id: string, revision: number): Promise<void> => {
    const orphans = (await ownedBy(place, id)).filter(({ modRevision }) => modRevision < revision)
    await removeUnchanged(orphans)
  }

  return {
    read,
    async write(place, id, make) {
      const ref = entryOf(place, id)
      const key = groupKey(place.group, ref)
      const { created, value, result } = await untilCommitted(async () => {
        const existing = await read(place, id)
        const next = make(existing)
        const terms = await termsOf(place, { ...ref, value: next }, next)
        return {
          created: existing === undefined,
          value: next,
          result: await store.transaction({
            compare: [{ key, modRevision: existing?.modRevision ?? 0 }, ...terms.compare],
            operations: [{ type: 'put', key, value: JSON.stringify(next) }, ...terms.operations],
          }),
        }
      })
      return { created, value, revision: result.revision }
    },

    async remove(place, id, { forced }) {
      const { group, kind } = place
      const { result } = await untilCommitted(async () => {
        const item = await read(place, id)
        if (!forced) {
          await requireNoUser(group, kind, id)
        }
        if (item === undefined) {
          throw keyNotFound()
        }
        const owned = place.owner === undefined ? await ownedBy(place, id) : []
        // The item itself goes last, so that nothing is ever left without its owner.
        return { result: await removeUnchanged([...owned, item]) }
      })
      if (place.owner === undefined) {
        await removeOrphans(place, id, result.revision)
      }
      return result.revision
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
