// The public surface: what is listed here is what the package promises.
export { storageConformance, type StorageConformanceOptions } from './storage-conformance.ts'
export type { ConformanceRunner } from './conformance-runner.ts'
export type { DisposableStorage } from './open-storage.ts'
export { everyCall } from './every-call.ts'
export { faultyStorage, type Fault, type FaultyCall, type FaultyStorageOptions } from './faulty-storage.ts'
