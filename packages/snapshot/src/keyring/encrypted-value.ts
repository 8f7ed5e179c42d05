/** What the text of an encrypted value says. SPEC section 8. */
export interface EncryptedValue {
  /** Names the key: 16 lower-case hexadecimal digits. */
  readonly keyId: string
  /** Nonce (12 bytes), ciphertext and tag (16 bytes). */
  readonly sealed: Uint8Array
}

const prefix = '$outlast$1$'
const keyIdDigits = 16
const form = /^\$outlast\$1\$[0-9a-f]{16}\$[\w-]+$/
/** Nonce and tag around the shortest JSON text. */
const leastSealedBytes = 12 + 1 + 16

/** `$outlast$1$<keyId>$<base64url of sealed>`. */
export function formatEncryptedValue({ keyId, sealed }: EncryptedValue): string {
  return `${prefix}${keyId}$${Buffer.from(sealed).toString('base64url')}`
}

/** Reads the text of an encrypted value; `undefined` for every other text. That it can be decrypted does not follow. */
export function parseEncryptedValue(text: string): EncryptedValue | undefined {
  if (!form.test(text)) return undefined
  const keyId = text.slice(prefix.length, prefix.length + keyIdDigits)
  const encoded = text.slice(prefix.length + keyIdDigits + 1)
  const sealed = Buffer.from(encoded, 'base64url')
  // Of all texts that decode to these bytes, only one is accepted.
  if (sealed.byteLength < leastSealedBytes || sealed.toString('base64url') !== encoded) return undefined
  return { keyId, sealed }
}

/** Whether a text has the form of an encrypted value. */
export function isEncryptedValue(text: string): boolean {
  return parseEncryptedValue(text) !== undefined
}

/** Whether a text begins like an encrypted value; one that is none in spite of that may have been damaged. */
export function beginsLikeEncryptedValue(text: string): boolean {
  return text.startsWith(prefix)
}

const opening = `"${prefix}`
const keyIdForm = /^[0-9a-f]{16}\$/
const none: ReadonlySet<string> = new Set()

/**
 * The ids of all keys that encrypted values in a JSON text are encrypted with, found without parsing it. It may find
 * more than that (in names of members, and in texts that only begin alike), but never less.
 */
export function keyIdsIn(json: string): ReadonlySet<string> {
  let at = json.indexOf(opening)
  if (at === -1) return none
  const found = new Set<string>()
  for (; at !== -1; at = json.indexOf(opening, at)) {
    at += opening.length
    const candidate = json.slice(at, at + keyIdDigits + 1)
    if (keyIdForm.test(candidate)) found.add(candidate.slice(0, keyIdDigits))
  }
  return found
}
