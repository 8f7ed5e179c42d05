// The public surface: what is listed here is what the package promises.
export { gcsStorage } from './gcs-storage.ts'
export type { GcsCredentials, GcsStorageOptions } from './gcs-options.ts'
