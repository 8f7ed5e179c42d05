import type { StorageErrorCode } from '@outlast/storage'

import { hasCode } from './has-code.ts'

/** Tells the system's errors in the words of the contract. */
export function mapError(error: unknown): StorageErrorCode | undefined {
  // `link` is how a create-only write takes its name. Elsewhere a file stands where a folder should be.
  if (hasCode(error, 'EEXIST')) return error.syscall === 'link' ? 'already-exists' : 'invalid-key'
  // File systems without hard links (FAT, some network mounts) cannot do create-only writes.
  if (hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS') && error.syscall === 'link') return 'unsupported'
  if (hasCode(error, 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EILSEQ')) return 'invalid-key'
  if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return 'denied'
  if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) return 'no-space'
  // Too many open files, a failing disk, a network mount that lost its server, a folder that keeps vanishing.
  if (hasCode(error, 'EMFILE', 'ENFILE', 'EIO', 'EBUSY', 'ESTALE', 'ETIMEDOUT', 'ENOTCONN', 'EHOSTDOWN', 'ENOENT')) {
    return 'unavailable'
  }
  return undefined
}
