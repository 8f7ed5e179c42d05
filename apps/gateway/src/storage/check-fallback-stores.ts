import type { ConfigFile } from '../config/config-file.ts'
import { explainStorageError } from './explain-storage-error.ts'
import type { FallbackStore } from './fallback-stores.ts'
import type { StorageAccess } from './blocks/storage-block.ts'

/**
 * Tries every store for real: reads, and with `write` also that create-only writes are enforced.
 * Throws a `UserError` that names the field to mend.
 */
export async function checkFallbackStores(options: {
  readonly file: ConfigFile
  readonly field: readonly PropertyKey[]
  readonly stores: readonly FallbackStore[]
  readonly access: StorageAccess
  readonly signal?: AbortSignal | undefined
}): Promise<void> {
  const { file, field, stores, access, signal } = options
  for (const fallback of stores) {
    for (const domain of ['instance', 'resources'] as const) {
      try {
        if (access === 'write') await fallback.store[domain].begin({ signal })
        else await fallback[domain].list('', { limit: 1, signal })[Symbol.asyncIterator]().next()
      } catch (error) {
        throw explainStorageError(error, { file, field, fallback, domain }) ?? error
      }
    }
  }
}
