import {
  isEncryptedValue,
  isJsonArray,
  jsonPointer,
  namesInPointer,
  type Entry,
  type EntryRef,
  type JsonPatchOperation,
  type JsonValue,
} from '@outlast/snapshot'
import { knownSecrets } from './known-secrets.ts'

/**
 * Replaces what is secret: the fields that are known to be, encrypted values, and what looks secret by the names of
 * fields and the shape of strings. It errs on the side of hiding.
 */
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
/** Up to the last `@`, as gateways read it: a password may hold one. */
const userInfo = /(:\/\/)[^/\s]+@/g
const scheme = /^\w[\w+.-]*:\/\//
const parameterValue = /(?<=[?&;][^=&;#]*=)[^&]+/g

/** Where a value stands. */
interface Place {
  readonly kind: string
  readonly pointer: string
  readonly name: string
  /** Pointers of the fields of this entry that are known to be secret. */
  readonly known: ReadonlySet<string>
}

/** `placeholder` is asked for each value. */
export function secretMask(placeholder: () => string): SecretMask {
  const secrets = knownSecrets()
  let replaced = 0

  function hide(): string {
    replaced += 1
    return placeholder()
  }

  function mask(value: JsonValue, place: Place, isSecretAround: boolean): JsonValue {
    const isSecret = isSecretAround || place.known.has(place.pointer)
    if (typeof value === 'string') return isSecret || isSecretText(value) ? hide() : shown(value, place)
    if (typeof value === 'number') return isSecret ? hide() : value
    if (isJsonArray(value)) return value.map((item, index) => mask(item, below(place, index, ''), isSecret))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(([member, inner]) => {
      const isHidden = isSecret || isSecretMember(place.name, member, value)
      return [member, mask(inner, below(place, member, member), isHidden)] as const
    })
    return Object.fromEntries(members)
  }

  function shown(text: string, { kind }: Place): string {
    if (kind === 'discovery') return shownAddress(text)
    return text.replace(userInfo, (_all, slashes: string) => `${slashes}${hide()}@`)
  }

  /** Settings of discovery are addresses, with or without a scheme; passwords and parameters are whatever was typed there. */
  function shownAddress(text: string): string {
    const [start = ''] = scheme.exec(text) ?? []
    const at = text.lastIndexOf('@')
    if (at === -1) return text.replace(parameterValue, hide)
    // Nobody can say whether this is a password with a question mark in it, or a parameter with an @.
    if (text.slice(0, at).includes('?')) return start + hide()
    return `${start}${hide()}@${text.slice(at + 1).replace(parameterValue, hide)}`
  }

  return {
    entry(entry) {
      const place = { kind: entry.kind, pointer: '', name: '', known: secrets.of(entry) }
      return { ...entry, value: mask(entry.value, place, isSecretAsAWhole(entry, entry.value)) }
    },
    operation(ref, operation) {
      if (operation.op === 'remove') return operation
      const { path, value } = operation
      const names = namesInPointer(path)
      const known = secrets.at(ref, path, value)
      // What stands beside a field is not known here, so every `key` counts as secret.
      const isSecret =
        isSecretAsAWhole(ref, names.length === 0 ? value : undefined) ||
        names.some(
          (name, index) =>
            known.has(jsonPointer(names.slice(0, index + 1))) || isSecretMember(names[index - 1] ?? '', name, {}),
        )
      return {
        ...operation,
        value: mask(value, { kind: ref.kind, pointer: path, name: names.at(-1) ?? '', known }, isSecret),
      }
    },
    replaced: () => replaced,
  }
}

function below({ kind, pointer, known }: Place, segment: string | number, name: string): Place {
  return { kind, pointer: pointer + jsonPointer([segment]), name, known }
}

function isSecretText(text: string): boolean {
  return isEncryptedValue(text) || secretText.test(text)
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
