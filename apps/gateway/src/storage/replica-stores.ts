import type { FallbackStore, FallbackStoresOptions } from './fallback-stores.ts'
import { isSameStore, onlyStore } from './only-store.ts'

/** A store of `fallback_cp.replicas`. */
export interface ReplicaStore extends FallbackStore {
  /** For status, metrics and logs. */
  readonly name: string
  /** Whether who prunes the store itself prunes this one too. */
  readonly prune: boolean | undefined
}

/** The replicas beside the stores that `fallback_cp` itself names. Throws `UserError`; reaches out to nothing. */
export function replicaStores(
  options: FallbackStoresOptions,
  primaries: readonly FallbackStore[],
): readonly ReplicaStore[] {
  const { file, fallback } = options
  const replicas: ReplicaStore[] = []
  for (const [index, { name: given, prune, ...blocks }] of (fallback.replicas ?? []).entries()) {
    const field = [...options.field, 'replicas', index]
    const store = onlyStore({
      ...options,
      field,
      fallback: { ...blocks, single_writer: fallback.single_writer },
      advice: 'give each store an item of its own',
    })
    const name = given ?? store.resources.name
    const place = [...field, store.block.name]
    if (primaries.some((other) => isSameStore(store, other))) {
      throw file.fault(place, 'is the store itself; a copy in the same place protects nothing')
    }
    if (replicas.some((other) => isSameStore(store, other))) throw file.fault(place, 'is another replica as well')
    if (replicas.some((other) => other.name === name)) {
      throw file.fault(field, `another replica is called ${name} as well; give each a name of its own`)
    }
    replicas.push({ ...store, name, prune })
  }
  return replicas
}
