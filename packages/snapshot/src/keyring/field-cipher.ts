import { canonicalJson } from '../entries/canonical-json.ts'
import type { Entry, JsonValue } from '../entries/entry.ts'
import { beginsLikeEncryptedValue, formatEncryptedValue, parseEncryptedValue } from './encrypted-value.ts'
import type { FieldKeyring } from './field-keyring.ts'
import { fieldReplacer } from './field-replacer.ts'
import type { SensitiveFields } from './sensitive-fields.ts'
import { replaceTexts, someText } from './value-texts.ts'

/** An encrypted value that could not be decrypted. It holds nothing secret. */
export interface FieldFailure {
  /** JSON pointer into the value of the entry. */
  readonly path: string
  /** Of the key that it names; absent when it is too damaged to name one. */
  readonly keyId: string | undefined
  /** `damaged` is also what was moved here from another group, entry or field. */
  readonly reason: 'missing-key' | 'damaged'
}

/** An entry with its encrypted values decrypted, except for those that failed: these stay as they are. */
export interface RevealedEntry {
  readonly entry: Entry
  /** In the order of the value. */
  readonly failures: readonly FieldFailure[]
}

/** Encrypts and decrypts the sensitive fields of one group's entries. It never throws, whatever the entries hold. */
export interface FieldCipher {
  /**
   * The entry with its sensitive fields encrypted with the primary key, whatever JSON they hold; only `null`,
   * booleans and references stay in clear. Deterministic: unchanged fields keep their ciphertext.
   *
   * What is already encrypted for its place stays, or is encrypted anew when that was with an older key; a text that
   * merely looks like it is encrypted like any other. A value without canonical JSON stays as well: no snapshot can
   * hold it. The very same entry comes back when nothing changes, as it does without a key.
   *
   * APISIX's own ciphertexts are texts like any other: after `reveal` everything is as the source had it.
   */
  protect(entry: Entry): Entry
  /**
   * The entry with all its encrypted values decrypted, wherever they stand: lists of sensitive fields change with time.
   * What could not be decrypted is reported and stays. The very same entry comes back when nothing changes.
   */
  reveal(entry: Entry): RevealedEntry
}

/** What a field cipher is made for. */
export interface FieldCipherOptions {
  /** The gateway group; what was encrypted for one cannot be decrypted in another. */
  readonly group: string
  readonly keyring: FieldKeyring
  /** What `protect` encrypts. */
  readonly sensitive: SensitiveFields
}

const noFailures: readonly FieldFailure[] = []

/**
 * Encrypts field by field, with AES-256-GCM, so that entries can still be compared, validated and shown without their
 * secrets. Each field is bound to its group, kind, id and place. What remains visible is which fields there are, how
 * long they are, and when they change. Throws `TypeError` when the list of sensitive fields holds no JSON pointers.
 */
export function fieldCipher({ group, keyring, sensitive }: FieldCipherOptions): FieldCipher {
  const replaceFields = fieldReplacer(sensitive)
  const { primary } = keyring
  const isReference = sensitive.isReference ?? (() => false)

  /** What binds a ciphertext to its place; `undefined` for names that no snapshot can hold. */
  function placeOf({ kind, id }: Entry, pointer: string): string | undefined {
    return canonicalForm([group, kind, id, pointer])
  }

  function decrypt(text: string, entry: Entry, pointer: string): { readonly value: JsonValue } | FieldFailure {
    const encrypted = parseEncryptedValue(text)
    if (encrypted === undefined) return { path: pointer, keyId: undefined, reason: 'damaged' }
    const { keyId, sealed } = encrypted
    const key = keyring.find(keyId)
    if (key === undefined) return { path: pointer, keyId, reason: 'missing-key' }
    const place = placeOf(entry, pointer)
    const plaintext = place && key.decrypt(sealed, place)
    const value = plaintext === undefined ? undefined : parsed(plaintext)
    return value === undefined ? { path: pointer, keyId, reason: 'damaged' } : { value }
  }

  /** Decrypts what stands anywhere in a part of an entry's value. */
  function decryptAll(value: JsonValue, entry: Entry, base: string, onFailure?: (failure: FieldFailure) => void) {
    if (!someText(value, beginsLikeEncryptedValue)) return value
    return replaceTexts(value, (text, pointerOf) => {
      if (!beginsLikeEncryptedValue(text)) return text
      const decrypted = decrypt(text, entry, base + pointerOf())
      if ('value' in decrypted) return decrypted.value
      onFailure?.(decrypted)
      return text
    })
  }

  function encryptField(entry: Entry, value: JsonValue, pointer: string): JsonValue {
    if (primary === undefined || value === null || typeof value === 'boolean') return value
    if (typeof value === 'string' && isReference(value)) return value
    const plaintext = canonicalForm(decryptAll(value, entry, pointer))
    const place = placeOf(entry, pointer)
    if (plaintext === undefined || place === undefined) return value
    return formatEncryptedValue({ keyId: primary.id, sealed: primary.encrypt(plaintext, place) })
  }

  return {
    protect: (entry) =>
      primary === undefined ? entry : replaceFields(entry, (value, pointer) => encryptField(entry, value, pointer)),
    reveal(entry) {
      const failures: FieldFailure[] = []
      const value = decryptAll(entry.value, entry, '', (failure) => failures.push(failure))
      return {
        entry: value === entry.value ? entry : { ...entry, value },
        failures: failures.length === 0 ? noFailures : failures,
      }
    },
  }
}

function canonicalForm(value: JsonValue): string | undefined {
  try {
    return canonicalJson(value)
  } catch {
    return undefined
  }
}

function parsed(plaintext: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(plaintext)
    return value
  } catch {
    return undefined
  }
}
