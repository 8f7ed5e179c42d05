import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Domain } from '../entries/entry.ts'
import type { Sealing } from '../format/manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** Encrypts and decrypts the parts of sealed snapshots that share a data key. SPEC section 7. */
export interface PartSealer {
  /** What the manifest says about it. */
  readonly sealing: Sealing
  /**
   * What stands in the manifest for the digest of a part's plain form. Keyed, because with the digest itself anybody could
   * test a guess at what is in a small part.
   */
  digest(plainDigest: string): string
  seal(partKey: string, bytes: Uint8Array): Uint8Array
  /** Throws `damaged`. */
  open(partKey: string, sealed: Uint8Array): Uint8Array
}

/** Of a data key, in bytes. */
export const dataKeyBytes = 32

const nonceBytes = 12
const tagBytes = 16

export function partSealer(
  dataKey: Uint8Array,
  sealing: Sealing,
  place: { readonly group: string; readonly domain: Domain },
): PartSealer {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', dataKey, '', purpose, 32))
  const digestKey = derive('outlast-digest-1')
  // A key for each part, so that no number of parts wears out the data key.
  const keyOf = (partKey: string): Buffer => derive(`outlast-part-1 ${partKey}`)
  const boundTo = (partKey: string): Buffer =>
    Buffer.from(`outlast-part-1\n${place.group}\n${place.domain}\n${partKey}`)

  return {
    sealing,
    digest: (plainDigest) => `hmac-sha256:${createHmac('sha256', digestKey).update(plainDigest).digest('hex')}`,
    seal: (partKey, bytes) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keyOf(partKey), nonce).setAAD(boundTo(partKey))
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    },
    open: (partKey, sealed) => {
      const end = Math.max(nonceBytes, sealed.byteLength - tagBytes)
      try {
        const nonce = sealed.subarray(0, nonceBytes)
        const decipher = createDecipheriv('aes-256-gcm', keyOf(partKey), nonce, { authTagLength: tagBytes })
        decipher.setAAD(boundTo(partKey)).setAuthTag(sealed.subarray(end))
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()])
      } catch {
        throw new SnapshotError('damaged', `The part ${partKey} cannot be unsealed with the data key of its manifest`)
      }
    },
  }
}
