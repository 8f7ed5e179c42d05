// The public surface: what is listed here is what the package promises.
export type {
  CallOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StorageAdapter,
  StorageCapabilities,
  StorageReader,
  StoredObject,
} from './storage-adapter.ts'
export { maximumObjectBytes } from './storage-adapter.ts'
export {
  StorageError,
  type StorageErrorCode,
  type StorageErrorOptions,
  type StorageOperation,
} from './storage-error.ts'
export { defineStorage, type DefineStorageOptions } from './define-storage.ts'
export type { StorageDefinition } from './storage-definition.ts'
export { compareKeys } from './compare-keys.ts'
export { memoryStorage, type MemoryStorageOptions } from './memory-storage.ts'
export { readOnly } from './read-only.ts'
export { withPrefix } from './with-prefix.ts'
export { withRetry, type RetryOptions } from './with-retry.ts'
