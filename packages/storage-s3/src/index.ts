// The public surface: what is listed here is what the package promises.
export { s3Storage } from './s3-storage.ts'
export type { S3Credentials, S3StorageOptions } from './s3-options.ts'
export type { S3EncryptionOptions, S3ServerSideEncryption } from './server-side-encryption.ts'
