import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { decodeUtf8 } from '../format/checked-json.ts'

/** A key as APISIX encrypts with it: AES-CBC, the key being the initialisation vector too, PKCS#7, base64. */
export interface CbcKey {
  encrypt(text: string): string
  /** `undefined` when it was not encrypted with this key, as far as that can be told: nothing authenticates it. */
  decrypt(text: string): string | undefined
}

const blockBytes = 16
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * AES-128 with 16 bytes; AES-256 with 32, of which the first 16 are the initialisation vector. Throws `TypeError` for
 * other lengths, without quoting the key.
 */
export function cbcKey(key: string): CbcKey {
  const bytes = Buffer.from(key)
  if (bytes.byteLength !== 16 && bytes.byteLength !== 32) throw new TypeError('A key of a keyring is 16 or 32 bytes')
  const algorithm = bytes.byteLength === 16 ? 'aes-128-cbc' : 'aes-256-cbc'
  const secret = createSecretKey(bytes)
  const vector = bytes.subarray(0, blockBytes)
  return {
    encrypt(text) {
      const cipher = createCipheriv(algorithm, secret, vector)
      return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
    },
    decrypt(text) {
      if (!base64.test(text)) return undefined
      const encrypted = Buffer.from(text, 'base64')
      if (encrypted.byteLength === 0 || encrypted.byteLength % blockBytes !== 0) return undefined
      // Padding is looked at here: most clear texts fail by it, and an exception for each would be slow.
      const decipher = createDecipheriv(algorithm, secret, vector).setAutoPadding(false)
      const padded = Buffer.concat([decipher.update(encrypted), decipher.final()])
      return utf8(withoutPadding(padded))
    },
  }
}

function withoutPadding(padded: Buffer): Buffer | undefined {
  const length = padded.at(-1) ?? 0
  if (length === 0 || length > blockBytes) return undefined
  const end = padded.byteLength - length
  return padded.subarray(end).every((byte) => byte === length) ? padded.subarray(0, end) : undefined
}

function utf8(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined
  try {
    return decodeUtf8(bytes)
  } catch {
    return undefined
  }
}
