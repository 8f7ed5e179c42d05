import type { FilesystemSettings } from '../../config/storage-blocks.ts'
import { milliseconds } from '../milliseconds.ts'
import type { ReadBlock, StorageAccess } from './storage-block.ts'

/** `filesystem`: a folder of this machine. */
export function readFilesystem(block: FilesystemSettings, access: StorageAccess): ReadBlock {
  const folder = { bucket: block.path, field: 'path' }
  return {
    config: folder,
    resource: folder,
    server: '',
    endpointField: 'path',
    credentialsField: 'path',
    place: (path) => ({
      adapter: 'fs',
      // Who only reads must not take a disk that is not mounted for an empty store.
      options: { path, mustExist: access === 'read', timeoutMs: milliseconds(block.timeout) },
    }),
  }
}
