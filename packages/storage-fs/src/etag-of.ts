import { hash } from 'node:crypto'

/**
 * Of the content, not of size, time or inode: times are too coarse to tell two quick writes apart, inodes
 * are used again, and a folder that was copied keeps its etags.
 */
export function etagOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url')
}
