import type { Entry, FieldCipher, FieldFailure } from '@outlast/snapshot'

/** An entry without encrypted fields; or, when one of them cannot be decrypted, the entry as it is stored. */
export interface ClearEntry {
  readonly entry: Entry
  /** Why it must not be used: it would go to work with ciphertext in the place of a secret. */
  readonly fault?: string | undefined
}

export function revealEntry(stored: Entry, cipher: Pick<FieldCipher, 'reveal'>): ClearEntry {
  const { entry, failures } = cipher.reveal(stored)
  // A text without the id of a key only begins like an encrypted one: nobody has encrypted it.
  const failure = failures.find(({ keyId }) => keyId !== undefined)
  return failure === undefined ? { entry } : { entry: stored, fault: faultOf(failure) }
}

function faultOf({ reason, keyId, path }: FieldFailure): string {
  return reason === 'missing-key'
    ? `encrypted with a key that is not in the keyring (${keyId}) at ${path}`
    : `encrypted for another place, or damaged, at ${path}`
}
