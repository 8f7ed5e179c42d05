import { fieldKey, type FieldKey } from './field-key.ts'

/** The keys that the sensitive fields of a group are encrypted with. It holds secrets, but does not show them. */
export interface FieldKeyring {
  /** In the order of the keys, each once. */
  readonly keyIds: readonly string[]
  /** What encrypts; absent when there are no keys. */
  readonly primary: FieldKey | undefined
  /** The key of this id. */
  find(keyId: string): FieldKey | undefined
}

/**
 * A keyring: the first key encrypts, all decrypt. So a key is rotated by putting a new one first, and dropped when no
 * snapshot needs it any longer. Without keys nothing is encrypted.
 *
 * Throws `TypeError` when a key has other than 16 or 32 bytes (in UTF-8).
 */
export function fieldKeyring(keys: readonly string[]): FieldKeyring {
  const byId = new Map<string, FieldKey>()
  for (const key of keys.map(fieldKey)) if (!byId.has(key.id)) byId.set(key.id, key)
  const [primary] = byId.values()
  return { keyIds: [...byId.keys()], primary, find: (keyId) => byId.get(keyId) }
}
