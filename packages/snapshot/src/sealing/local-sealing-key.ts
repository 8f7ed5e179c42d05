import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { SnapshotError } from '../snapshot-error.ts'
import type { SealingKey } from './sealing-key.ts'

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** 32 random bytes, as base64url text: what `localSealingKey` takes. */
export function generateSealingSecret(): string {
  return randomBytes(keyBytes).toString('base64url')
}

/**
 * Wraps with a secret that is at hand: from a file, an environment variable, a mounted secret. Takes 32 bytes, or their
 * base64 or base64url text, blanks around it allowed; throws `TypeError` for anything else, without quoting it. SPEC section 7.
 */
export function localSealingKey(secret: Uint8Array | string): SealingKey {
  const bytes = typeof secret === 'string' ? fromBase64(secret.trim()) : Buffer.from(secret)
  if (bytes?.byteLength !== keyBytes) throw new TypeError(`A sealing secret is ${keyBytes} bytes, or their base64 text`)
  // The secret itself wraps nothing: from its id nobody can tell anything about the wrapping.
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, '', `outlast-sealing-1 ${purpose}`, length))
  const keyId = `local:${derive('id', 16).toString('hex')}`
  const key = derive('wrap', keyBytes)

  return {
    keyId,
    wrap: async (dataKey) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(keyId))
      return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
    },
    unwrap: async (wrapped) => {
      const nonce = wrapped.subarray(0, nonceBytes)
      const end = Math.max(nonceBytes, wrapped.byteLength - tagBytes)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(keyId)).setAuthTag(wrapped.subarray(end))
        return Buffer.concat([decipher.update(wrapped.subarray(nonceBytes, end)), decipher.final()])
      } catch {
        throw new SnapshotError('damaged', `A data key was not wrapped with ${keyId}`)
      }
    },
  }
}

// Node.js passes over whatever is no base64, and would take a damaged text for another secret.
function fromBase64(text: string): Buffer | undefined {
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
