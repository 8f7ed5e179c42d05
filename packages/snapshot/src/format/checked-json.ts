import { canonicalJson } from '../entries/canonical-json.ts'
import { digestOf } from './digest.ts'
import type { JsonValue } from '../entries/entry.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The members of an object in canonical form, each as `"name":value`: an object is needed with some members and without. */
export type CanonicalMembers = Map<string, string>

/** Bytes of checked JSON that were found to be right. */
export interface CheckedJson {
  /** The object without its checksum, members that nobody knows included. */
  readonly value: JsonObject
  /** The same in canonical form; the caller's own. */
  readonly members: CanonicalMembers
}

/** Throws `TypeError` for what has no canonical form. Members whose value is `undefined` are left out. */
export function canonicalMembers(value: object): CanonicalMembers {
  if (!isJsonObject(value)) throw new TypeError('Only an object can hold its checksum')
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return new Map(present.map(([name, member]) => [name, memberText(name, member)]))
}

/** `"name":value` in canonical form. */
export function memberText(name: string, member: JsonValue): string {
  return canonicalJson({ [name]: member }).slice(1, -1)
}

/** The canonical form of the object that these members make. */
export function objectText(members: CanonicalMembers): string {
  // In the order of names, by UTF-16 code units as RFC 8785 wants it.
  const inOrder = [...members].sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${inOrder.map(([, text]) => text).join(',')}}`
}

/** Canonical JSON bytes of the object with a member `checksum`: the digest of the canonical form without it. SPEC section 4. */
export function withChecksum(members: CanonicalMembers): Uint8Array {
  const checksum = memberText('checksum', digestOf(objectText(members)))
  return Buffer.from(objectText(new Map(members).set('checksum', checksum)))
}

/** The same for an object that is at hand. */
export function encodeCheckedJson(value: object): Uint8Array {
  return withChecksum(canonicalMembers(value))
}

/** Throws `damaged` when the bytes are anything but what `withChecksum` makes. */
export function decodeCheckedJson(bytes: Uint8Array): CheckedJson {
  let intact = false
  try {
    const text = decodeUtf8(bytes)
    const parsed: unknown = JSON.parse(text)
    if (isJsonObject(parsed)) {
      const { checksum, ...value } = parsed
      const members = canonicalMembers(parsed)
      // Other spellings of the same value would have other digests, so only the canonical one is good.
      intact = objectText(members) === text
      members.delete('checksum')
      if (intact && checksum === digestOf(objectText(members))) return { value, members }
    }
  } catch (error) {
    throw new SnapshotError('damaged', 'An object is no canonical JSON', { cause: error })
  }
  throw new SnapshotError(
    'damaged',
    intact ? 'An object does not match its checksum' : 'An object is no canonical JSON',
  )
}

/** Throws `TypeError` on bytes that are no UTF-8. A byte order mark is content, not decoration. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
