import { isDeepStrictEqual } from 'node:util'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import type { BlocksOfStores } from './blocks/storage-blocks-of.ts'
import { fallbackStores, type FallbackStore, type FallbackStoresOptions } from './fallback-stores.ts'
import { replicaStores } from './replica-stores.ts'

/** A store that a node starts from. */
export interface ReadableStore extends FallbackStore {
  /** All that it was opened with. May hold secrets. */
  readonly settings: object
}

/**
 * All stores of `fallback_cp`: those that it names itself, and its replicas. Each has a name of its own, because status and
 * metrics go by it. Throws `UserError`; reaches out to nothing. What is in `before` with the same settings is read on from
 * the same store, so that it need not be read from the beginning.
 */
export function readableStores(
  options: Omit<FallbackStoresOptions, 'access'>,
  before: readonly ReadableStore[] = [],
): readonly ReadableStore[] {
  const { fallback } = options
  const reading = { ...options, access: 'read' } as const
  const primaries = fallbackStores(reading)
  const taken = new Set(primaries.map(({ store }) => store.name))
  const replicas = replicaStores(reading, primaries).map((replica) => {
    // The same bucket name on another server.
    const name = taken.has(replica.name) ? `${replica.name} (replica)` : replica.name
    return { ...replica, store: { ...replica.store, name } }
  })
  const opened = [
    ...primaries.map((store) => ({ ...store, settings: settingsOf(store, fallback, options) })),
    ...replicas.map((store, index) => ({
      ...store,
      settings: settingsOf(store, fallback.replicas?.[index] ?? {}, options),
    })),
  ]
  return opened.map((store) => {
    const known = before.find(({ settings }) => isDeepStrictEqual(settings, store.settings))
    return known === undefined ? store : { ...known, field: store.field }
  })
}

function settingsOf(
  { block, store }: FallbackStore,
  blocks: BlocksOfStores,
  { group, keys }: Pick<FallbackStoresOptions, 'group' | 'keys'>,
): object {
  return { name: store.name, kind: block.name, block: blocks[block.name], group, ...keyIdsOf(keys) }
}

/** They follow from the keys: a file of the same name may hold another key than before. */
function keyIdsOf({ trustedKeys, sealingKeys }: StoreKeys): object {
  return { trusted: trustedKeys?.map(({ keyId }) => keyId), sealing: sealingKeys.map(({ keyId }) => keyId) }
}
