import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Finds what belongs to a presented secret, in a time that tells nothing about the secrets in the list:
 * see `ownerOfDigest`.
 */
export function secretList<T>(
  entries: readonly { readonly secret: string; readonly owner: T }[],
): (presented: string) => T | undefined {
  const digests = entries.map(({ secret, owner }) => ({ digest: sha256(secret), owner }))
  return (presented) => ownerOfDigest(digests, sha256(presented))
}

/** What belongs to a digest, in a time that tells nothing about those in the list: every one of them is compared. */
export function ownerOfDigest<T>(
  entries: readonly { readonly digest: Buffer; readonly owner: T }[],
  presented: Buffer,
): T | undefined {
  let found: T | undefined
  for (const { digest, owner } of entries) {
    if (digest.length === presented.length && timingSafeEqual(digest, presented)) {
      found = owner
    }
  }
  return found
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
