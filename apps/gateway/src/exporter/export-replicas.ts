import type { ReplicaOptions } from '@outlast/exporter'
import type { FallbackStoresOptions } from '../storage/fallback-stores.ts'
import { writableStore, type WritableStore } from '../storage/only-store.ts'
import { replicaStores } from '../storage/replica-stores.ts'

/** A store of `fallback_cp.replicas`, opened to be written to. */
export type ExportReplica = ReplicaOptions & WritableStore

/** The stores that get copies of what is written to the destination. Throws `UserError`; reaches out to nothing. */
export function exportReplicas(
  options: Omit<FallbackStoresOptions, 'access'>,
  destination: WritableStore,
): readonly ExportReplica[] {
  const replicas = replicaStores({ ...options, access: 'write' }, [destination])
  return replicas.map((replica) => writableStore(replica, options.file))
}
