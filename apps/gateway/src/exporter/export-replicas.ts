import type { ReplicaOptions } from '@outlast/exporter'
import { isSameStore, onlyStore, type WritableStore } from '../storage/only-store.ts'
import type { FallbackStoresOptions } from '../storage/fallback-stores.ts'

/** A store of `fallback_cp.replicas`, opened. */
export interface ExportReplica extends ReplicaOptions, WritableStore {
  /** Where it stands in the file. */
  readonly field: readonly PropertyKey[]
}

/** The stores that get copies of what is written to the destination. Throws `UserError`; reaches out to nothing. */
export function exportReplicas(
  options: Omit<FallbackStoresOptions, 'access'>,
  destination: WritableStore,
): readonly ExportReplica[] {
  const { file, fallback } = options
  const replicas: ExportReplica[] = []
  for (const [index, { name: given, prune, ...blocks }] of (fallback.replicas ?? []).entries()) {
    const field = [...options.field, 'replicas', index]
    const store = onlyStore({
      ...options,
      field,
      fallback: { ...blocks, single_writer: fallback.single_writer },
      advice: 'give each store an item of its own',
    })
    const name = given ?? store.resources.name
    const { block } = store
    if (isSameStore(store, destination)) {
      throw file.fault([...field, block.name], 'is the store itself; a copy in the same place protects nothing')
    }
    if (replicas.some((other) => isSameStore(store, other))) {
      throw file.fault([...field, block.name], 'is another replica as well')
    }
    if (replicas.some((other) => other.name === name)) {
      throw file.fault(field, `another replica is called ${name} as well; give each a name of its own`)
    }
    replicas.push({ ...store, name, prune, field })
  }
  return replicas
}
