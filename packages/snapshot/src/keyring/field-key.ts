import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from 'node:crypto'

/** One key of a keyring, as fields are encrypted with it. */
export interface FieldKey {
  /** 16 lower-case hexadecimal digits. Says nothing about the key. */
  readonly id: string
  /**
   * Nonce, ciphertext and tag. The same plaintext at the same place always gives the same bytes, so what is unchanged
   * stays unchanged. Neither text may hold a line feed (canonical JSON never does).
   */
  encrypt(plaintext: string, place: string): Uint8Array
  /** The plaintext; `undefined` for everything that `encrypt` did not return for this key and place. */
  decrypt(sealed: Uint8Array, place: string): string | undefined
}

const nonceBytes = 12
const tagBytes = 16

/** Derives all that is needed from a key of 16 or 32 bytes; throws `TypeError` for other lengths, without quoting it. */
export function fieldKey(key: string): FieldKey {
  const bytes = Buffer.from(key)
  if (bytes.byteLength !== 16 && bytes.byteLength !== 32) throw new TypeError('A key of a keyring is 16 or 32 bytes')
  // As objects that do not show when somebody prints a keyring.
  const encryptionKey = createSecretKey(derive(bytes, 'outlast-field-1', 32))
  const nonceKey = createSecretKey(derive(bytes, 'outlast-nonce-1', 32))
  const id = derive(bytes, 'outlast-key-id-1', 8).toString('hex')

  return {
    id,
    encrypt(plaintext, place) {
      // A synthetic nonce: two plaintexts or places never share one, except by a collision of 96 bits.
      const digest = createHmac('sha256', nonceKey).update(`${id}\n${place}\n${plaintext}`).digest()
      const nonce = digest.subarray(0, nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce).setAAD(associatedData(place))
      return Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    decrypt(sealed, place) {
      const end = sealed.byteLength - tagBytes
      if (end < nonceBytes) return undefined
      const nonce = sealed.subarray(0, nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', encryptionKey, nonce, { authTagLength: tagBytes })
      decipher.setAAD(associatedData(place)).setAuthTag(sealed.subarray(end))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

function associatedData(place: string): Buffer {
  return Buffer.from(`outlast-field-1\n${place}`)
}

function derive(key: Uint8Array, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', purpose, length))
}
