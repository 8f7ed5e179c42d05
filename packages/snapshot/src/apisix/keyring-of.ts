import type { Entry } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { fieldKey } from '../keyring/field-key.ts'
import { fieldKeyring, type FieldKeyring } from '../keyring/field-keyring.ts'
import { isKeyOfKeyring } from './keyring.ts'

/** The keyring of an instance configuration. */
export interface ApisixKeyring extends FieldKeyring {
  /** The ids of those of its keys that every APISIX comes with. They protect nothing: whoever uses them should be warned. */
  readonly wellKnown: readonly string[]
}

/** In `apisix.data_encryption` unless it is configured (apisix/cli/config.lua). */
const builtInKeys = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']

/** The keys of all `keyring` entries, in the order of their ids. What is no key is passed over, as APISIX does. */
export function keyringKeysOf(instance: Iterable<Entry>): string[] {
  return [...instance]
    .filter(({ kind }) => kind === 'keyring')
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .flatMap(({ value }) => (isJsonObject(value) ? [value['keyring']].flat() : []))
    .filter(isKeyOfKeyring)
}

/**
 * The keyring for the fields of a group's snapshots: `keyringKeysOf` its instance configuration. It is used whatever
 * `enable_encrypt_fields` says, which is about what APISIX keeps in its own store.
 */
export function keyringOf(instance: Iterable<Entry>): ApisixKeyring {
  const keyring = fieldKeyring(keyringKeysOf(instance))
  const builtIn = new Set(builtInKeys.map((key) => fieldKey(key).id))
  return { ...keyring, wellKnown: keyring.keyIds.filter((keyId) => builtIn.has(keyId)) }
}
