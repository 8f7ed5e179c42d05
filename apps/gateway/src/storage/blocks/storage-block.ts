import type { StorageAdapter } from '@outlast/storage'
import type { StorageBlockName } from '../../config/storage-blocks.ts'
import type { AdapterPlace } from '../store-place.ts'

/** One storage block of `fallback_cp`, ready to open stores from. */
export interface StorageBlock extends BlockFields {
  readonly name: StorageBlockName
  /** The store in this bucket, container or folder. Reaches out to nothing. */
  open(bucket: string): StorageAdapter
}

/** Which fields of a block say what; for complaints, the field is named. */
export interface BlockFields {
  /** Bucket, container or folder of the instance domain, and the field that names it. */
  readonly config: BlockBucket
  /** … of the resources domain; absent when the instance snapshot has to tell. */
  readonly resource: BlockBucket | undefined
  /** The server, to tell buckets of one name apart; empty for the provider's own, and for this machine. May hold secrets. */
  readonly server: string
  /** The field that names the server. */
  readonly endpointField: string
  /** The field that holds the identity; empty when that comes from elsewhere. */
  readonly credentialsField: string
}

interface BlockBucket {
  readonly bucket: string
  readonly field: string
}

/** What a block says, in the words of its adapter. */
export interface ReadBlock extends BlockFields {
  readonly place: (bucket: string) => AdapterPlace
}

/** Makes the error for a field of a block, to be thrown. */
export type BlockFault = (field: string, message: string) => Error

/** What the stores are opened for. */
export type StorageAccess = 'read' | 'write'
