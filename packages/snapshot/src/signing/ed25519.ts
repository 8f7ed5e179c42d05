import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto'
import type { Signer, TrustedKey } from './signer.ts'

/** A new key pair, as PEM texts (PKCS#8 and SPKI; RFC 8410). */
export interface SigningKey {
  readonly keyId: string
  /** Secret: whoever has it can publish. */
  readonly privateKey: string
  readonly publicKey: string
}

export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    keyId: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** Signs with an Ed25519 key (RFC 8032). Takes its PEM text; throws `TypeError` for anything else, without quoting it. */
export function ed25519Signer(privateKeyPem: string): Signer {
  const key = parse(() => createPrivateKey(privateKeyPem), 'private')
  return {
    keyId: keyIdOf(createPublicKey(key)),
    sign: async (bytes) => sign(undefined, bytes, key),
  }
}

/** Verifies with an Ed25519 key. Takes the PEM text of the public key; throws `TypeError` for anything else, a private key too. */
export function ed25519TrustedKey(publicKeyPem: string): TrustedKey {
  // node:crypto would derive the public half of it. Where readers are configured no private key should be.
  if (/PRIVATE KEY/.test(publicKeyPem)) throw new TypeError('This is a private key, and a reader needs the public one')
  const key = parse(() => createPublicKey(publicKeyPem), 'public')
  return {
    keyId: keyIdOf(key),
    verify: async (bytes, signature) => verify(undefined, bytes, key, signature),
  }
}

/** `ed25519:` and the first 32 hexadecimal digits of the SHA-256 of the 32 bytes of the public key. */
function keyIdOf(publicKey: KeyObject): string {
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return `ed25519:${hash('sha256', Buffer.from(x, 'base64url')).slice(0, 32)}`
}

function parse(read: () => KeyObject, half: 'private' | 'public'): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {
    // The reason may quote what stands where a key should.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new TypeError(`This is no Ed25519 ${half} key in PEM form`)
}
