import type { Entry, EntryRef, JsonPatchOperation, JsonValue } from '@outlast/snapshot'

/** Replaces what looks secret, by the names of fields and the shape of strings. It errs on the side of hiding. */
export interface SecretMask {
  entry(entry: Entry): Entry
  /** An operation on the value of this entry. */
  operation(ref: EntryRef, operation: JsonPatchOperation): JsonPatchOperation
  /** How many values were replaced so far. */
  replaced(): number
}

const secretName =
  /secret|passw|passphrase|pwd|token|credential|authori[sz]ation|auth_?header|cookie|keyring|(^|[^a-z])keys?([^a-z]|$)|keys?$|Key[A-Z]/i
/** Fields whose names say key and that hold none. */
const harmlessName = /^(cache_key|public_?keys?)$/i
/** Beside one of these, `key` says what to count or hash by. */
const besideHarmlessKey = ['hash_on', 'key_type', 'nodes', 'service_name', 'rate', 'count', 'conn'] as const
/** Values that are secret whatever their name. */
const secretText =
  /PRIVATE KEY-----|^(basic|bearer)\s+\S|^\s*(authorization|proxy-authorization|cookie|[\w-]*api-?key)\s*:/i
const userInfo = /(:\/\/)[^/@\s]+@/g

/** `placeholder` is asked for each value. */
export function secretMask(placeholder: () => string): SecretMask {
  let replaced = 0

  function hide(): string {
    replaced += 1
    return placeholder()
  }

  function mask(value: JsonValue, isSecret: boolean, name: string): JsonValue {
    if (typeof value === 'string') return isSecret || secretText.test(value) ? hide() : withoutUserInfo(value)
    if (typeof value === 'number') return isSecret ? hide() : value
    if (isArray(value)) return value.map((item) => mask(item, isSecret, ''))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(([member, inner]) => {
      const isHidden = isSecret || isSecretMember(name, member, value)
      return [member, mask(inner, isHidden, member)] as const
    })
    return Object.fromEntries(members)
  }

  function withoutUserInfo(text: string): string {
    return text.replace(userInfo, (_all, slashes: string) => `${slashes}${hide()}@`)
  }

  return {
    entry: (entry) => ({ ...entry, value: mask(entry.value, isSecretAsAWhole(entry, entry.value), '') }),
    operation(ref, operation) {
      if (operation.op === 'remove') return operation
      const names = operation.path.split('/').slice(1)
      const isRoot = names.length === 0
      // What stands beside a field is not known here, so every `key` counts as secret.
      const isSecret =
        isSecretAsAWhole(ref, isRoot ? operation.value : undefined) ||
        names.some((name, index) => isSecretMember(names[index - 1] ?? '', name, {}))
      return { ...operation, value: mask(operation.value, isSecret, names.at(-1) ?? '') }
    },
    replaced: () => replaced,
  }
}

// A value that is a string was not understood by its source, so nobody knows what is in it.
function isSecretAsAWhole({ kind }: EntryRef, value: JsonValue | undefined): boolean {
  return kind === 'keyring' || typeof value === 'string'
}

// The members of `plugins` are named after plugins: `key-auth` holds settings, and not all of them are secret.
function isSecretMember(parent: string, name: string, siblings: object): boolean {
  if (parent === 'plugins' || harmlessName.test(name)) return false
  if (name === 'key' && besideHarmlessKey.some((sibling) => Object.hasOwn(siblings, sibling))) return false
  return secretName.test(name)
}

// `Array.isArray` does not narrow read-only arrays.
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
