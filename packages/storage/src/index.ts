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
export type { StorageOutcome } from './call-end.ts'
export type { StorageTrace } from './traced.ts'
export { instrumented, type InstrumentedOptions, type StorageCall } from './instrumented.ts'
export { memoryStorage, type MemoryStorageOptions } from './memory-storage.ts'
export { provesCreateOnly } from './proves-create-only.ts'
export { readOnly } from './read-only.ts'
export { withCreateOnlyProbe, type CreateOnlyProbeOptions } from './with-create-only-probe.ts'
export { withPrefix } from './with-prefix.ts'
export { withRetry, type RetryOptions } from './with-retry.ts'
