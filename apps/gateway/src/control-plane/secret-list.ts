import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Finds what belongs to a presented secret, in a time that tells nothing about the secrets in the list:
 * digests have one length, and every one of them is compared.
 */
export function secretList<T>(
  entries: readonly { readonly secret: string; readonly owner: T }[],
): (presented: string) => T | undefined {
  const digests = entries.map(({ secret, owner }) => ({ digest: sha256(secret), owner }))
  return (presented) => {
    const digest = sha256(presented)
    let found: T | undefined
    for (const entry of digests) {
      if (timingSafeEqual(entry.digest, digest)) {
        found = entry.owner
      }
    }
    return found
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
