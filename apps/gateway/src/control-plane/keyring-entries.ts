import { randomBytes } from 'node:crypto'

import type { Entry } from '@outlast/snapshot'
import { keyringKeysOf, keyringOf } from '@outlast/snapshot/apisix'

import { isJsonObject } from './json-object.ts'

// Entries here hold keys: they are never to be logged, nor to be told by an answer or an error.

export const keyringKind = 'keyring'

/** Where a group's first key is kept. */
const firstEntry: Entry = { kind: keyringKind, id: '1', value: {} }

/** A key nobody has had before: 32 characters, so AES-256. */
export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

/** The keyring with one more key, which encrypts from now on; the others go on decrypting. */
export function withKeyInFront(entries: readonly Entry[], key: string): readonly Entry[] {
  const [first = firstEntry, ...others] = entries
  return [withKeys(first, [key, ...keyringKeysOf([first])]), ...others]
}

/** The keyring without the key of this id. An entry that has no other key goes with it. */
export function withoutKey(entries: readonly Entry[], keyId: string): readonly Entry[] {
  return entries.flatMap((entry) => {
    if (!keyringOf([entry]).keyIds.includes(keyId)) {
      return [entry]
    }
    const left = keyringKeysOf([entry]).filter((key) => !keyringOf([withKeys(entry, [key])]).keyIds.includes(keyId))
    return left.length === 0 ? [] : [withKeys(entry, left)]
  })
}

/** The keyring with these keys and no others, in one entry. */
export function withOnlyKeys(entries: readonly Entry[], keys: readonly string[]): readonly Entry[] {
  return [withKeys(entries[0] ?? firstEntry, keys)]
}

/** What else is in the entry stays. */
function withKeys({ kind, id, value }: Entry, keys: readonly string[]): Entry {
  return { kind, id, value: { ...(isJsonObject(value) ? value : {}), keyring: keys } }
}
