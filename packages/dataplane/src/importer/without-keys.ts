import { fieldCipher, fieldKeyring, type ProtectionOf } from '@outlast/snapshot'

/** For a node that was given no keys: it encrypts nothing, and takes no ciphertext for a secret. */
export function withoutKeys(group: string): ProtectionOf {
  const cipher = fieldCipher({ group, keyring: fieldKeyring([]), sensitive: { kinds: {}, plugins: {} } })
  return () => ({ ...cipher, keyIds: [] })
}
