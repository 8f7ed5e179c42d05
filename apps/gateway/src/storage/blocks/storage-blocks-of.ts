import type { FallbackCp } from '../../config/fallback-cp.ts'
import { storageBlockNames, type StorageBlockName } from '../../config/storage-blocks.ts'
import { openStore } from '../open-store.ts'
import { readAwsS3 } from './read-aws-s3.ts'
import { readAzureBlob } from './read-azure-blob.ts'
import { readFilesystem } from './read-filesystem.ts'
import { readGcs } from './read-gcs.ts'
import type { BlockFault, ReadBlock, StorageAccess, StorageBlock } from './storage-block.ts'

/** The part of `fallback_cp`, or of one of its replicas, that names stores. */
export type BlocksOfStores = Pick<FallbackCp, StorageBlockName | 'single_writer'>

type Reader = (fallback: BlocksOfStores, fault: BlockFault, access: StorageAccess) => ReadBlock | undefined

const readers: { readonly [name in StorageBlockName]: Reader } = {
  aws_s3: ({ aws_s3: block }, fault) => block && readAwsS3(block, fault),
  azure_blob: ({ azure_blob: block }, fault) => block && readAzureBlob(block, fault),
  gcs: ({ gcs: block }, fault) => block && readGcs(block, fault),
  filesystem: ({ filesystem: block }, _fault, access) => block && readFilesystem(block, access),
}

/**
 * The storage blocks that are present, in a fixed order. `fault` makes the error for a field, given below `fallback_cp`,
 * that is missing or does not fit the others.
 */
export function storageBlocksOf(
  fallback: BlocksOfStores,
  fault: (field: readonly string[], message: string) => Error,
  access: StorageAccess,
): StorageBlock[] {
  const singleWriter = access === 'write' && fallback.single_writer
  return storageBlockNames.flatMap((name) => {
    const block = readers[name](fallback, (field, message) => fault([name, field], message), access)
    if (!block) return []
    const { place, ...fields } = block
    const prefix = fallback[name]?.prefix
    return [{ ...fields, name, open: (bucket: string) => openStore({ ...place(bucket), prefix, singleWriter }) }]
  })
}
