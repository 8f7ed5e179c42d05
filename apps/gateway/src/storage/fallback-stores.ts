import { snapshotStore, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { StorageError, type StorageAdapter, type StorageReader } from '@outlast/storage'
import type { ConfigFile } from '../config/config-file.ts'
import { errorText } from '../error-text.ts'
import type { FallbackCp } from '../config/fallback-cp.ts'
import type { StoreKeys } from '../snapshot/store-keys.ts'
import type { StorageAccess, StorageBlock } from './blocks/storage-block.ts'
import { storageBlocksOf } from './blocks/storage-blocks-of.ts'
import { locatedResources } from './resource-location.ts'

/** A storage block of a configuration file, opened for one gateway group. */
export interface FallbackStore {
  readonly block: StorageBlock
  /** Where what names it, `fallback_cp` or a replica, stands in the file. */
  readonly field: readonly PropertyKey[]
  readonly instance: StorageAdapter
  readonly resources: StorageAdapter | StorageReader
  readonly store: SnapshotStore
}

export interface FallbackStoresOptions {
  readonly file: ConfigFile
  /** Where the block stands in the file. */
  readonly field: readonly PropertyKey[]
  readonly fallback: FallbackCp
  readonly group: string
  /** See `readFallbackKeys`. */
  readonly keys: StoreKeys
  readonly logger: Logger
  readonly access: StorageAccess
}

/** Every storage block that stands directly below `field`. Throws a `UserError` for an incomplete one; reaches out to nothing. */
export function fallbackStores(options: FallbackStoresOptions): FallbackStore[] {
  const { file, field, fallback, group, keys, logger, access } = options
  const { signer, trustedKeys, sealingKeys } = keys
  const trust = { signer, trustedKeys, sealing: { keys: sealingKeys } }
  const fault = (below: readonly string[], message: string) => file.fault([...field, ...below], message)
  const blocks = storageBlocksOf(fallback, fault, access)
  if (blocks.length === 0) throw file.fault(field, 'names no storage: give aws_s3, azure_blob, gcs or filesystem')
  return blocks.map((block) => {
    try {
      const instance = block.open(block.config.bucket)
      const resources = block.resource
        ? block.open(block.resource.bucket)
        : locatedResources({ block, group, instance, trust })
      const store = snapshotStore({ group, instance, resources, ...trust, logger })
      return { block, field, instance, resources, store }
    } catch (error) {
      const isPrefix = StorageError.isInstance(error) && error.code === 'invalid-key'
      // Otherwise it is an adapter, which names the option that it cannot work with.
      throw fault([block.name, ...(isPrefix ? ['prefix'] : [])], errorText(error))
    }
  })
}
