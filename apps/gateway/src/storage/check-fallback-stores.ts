import type { ConfigFile } from '../config/config-file.ts'
import { explainStorageError } from './explain-storage-error.ts'
import type { FallbackStore } from './fallback-stores.ts'
import type { StorageAccess } from './blocks/storage-block.ts'

/** How stores are tried. */
export interface StoreCheck {
  readonly file: ConfigFile
  readonly access: StorageAccess
  readonly signal?: AbortSignal | undefined
}

/**
 * Tries every store for real: reads, and with `write` also that create-only writes are enforced. All at the same time, so
 * that none waits for one that does not answer. Throws a `UserError` that names the field to mend.
 */
export async function checkFallbackStores(stores: readonly FallbackStore[], options: StoreCheck): Promise<void> {
  const checks = await Promise.allSettled(stores.map((store) => checkFallbackStore(store, options)))
  // Of several, always the same one is told.
  const failure = checks.find((check) => check.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

/** The same for one. */
export async function checkFallbackStore(fallback: FallbackStore, options: StoreCheck): Promise<void> {
  const { file, access, signal } = options
  for (const domain of ['instance', 'resources'] as const) {
    try {
      if (access === 'write') await fallback.store[domain].begin({ signal })
      else await fallback[domain].list('', { limit: 1, signal })[Symbol.asyncIterator]().next()
    } catch (error) {
      throw explainStorageError(error, { file, fallback, domain }) ?? error
    }
  }
}
