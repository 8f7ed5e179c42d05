import type { AzureStorageOptions } from '@outlast/storage-azure'
import type { FsStorageOptions } from '@outlast/storage-fs'
import type { GcsStorageOptions } from '@outlast/storage-gcs'
import type { S3StorageOptions } from '@outlast/storage-s3'

/**
 * Where a store is, and how to get in: what the blocks of configuration files and the URLs of the command line are
 * turned into, and `openStore` opens. May hold secrets.
 */
export type StorePlace = AdapterPlace & {
  /** The part of the store that is meant; a `/` at its ends changes nothing. Default: all of it. */
  readonly prefix?: string | undefined
  /** The operator's word that nobody else writes there: then the store need not enforce create-only writes. */
  readonly singleWriter?: boolean | undefined
}

/** An adapter, and the options that it is to be made with. */
export type AdapterPlace =
  | { readonly adapter: 's3'; readonly options: S3StorageOptions }
  | { readonly adapter: 'azure'; readonly options: AzureStorageOptions }
  | { readonly adapter: 'gcs'; readonly options: GcsStorageOptions }
  | { readonly adapter: 'fs'; readonly options: FsStorageOptions }
