import { canonicalJson } from '../entries/canonical-json.ts'
import { digestOf } from './digest.ts'
import type { JsonValue } from '../entries/entry.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** Canonical JSON bytes of an object, with a member `checksum`: the digest of the canonical form without it. */
export function encodeCheckedJson(value: object): Uint8Array {
  if (!isJsonObject(value)) throw new TypeError('Only an object can hold its checksum')
  const members = memberTexts(value)
  members.set('checksum', memberText('checksum', digestOf(objectText(members))))
  return Buffer.from(objectText(members))
}

/**
 * The object without its checksum, members that nobody knows included.
 * Throws `damaged` when the bytes are anything but what `encodeCheckedJson` makes.
 */
export function decodeCheckedJson(bytes: Uint8Array): JsonObject {
  let intact = false
  try {
    const text = decodeUtf8(bytes)
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) {
      const { checksum, ...members } = value
      const texts = memberTexts(value)
      // Other spellings of the same value would have other digests, so only the canonical one is good.
      intact = objectText(texts) === text
      texts.delete('checksum')
      if (intact && checksum === digestOf(objectText(texts))) return members
    }
  } catch (error) {
    throw new SnapshotError('damaged', 'An object is no canonical JSON', { cause: error })
  }
  throw new SnapshotError(
    'damaged',
    intact ? 'An object does not match its checksum' : 'An object is no canonical JSON',
  )
}

/** Canonical members by name: an object is needed with its checksum and without, but its members are written once. */
function memberTexts(value: JsonObject): Map<string, string> {
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return new Map(present.map(([name, member]) => [name, memberText(name, member)]))
}

function memberText(name: string, member: JsonValue): string {
  return canonicalJson({ [name]: member }).slice(1, -1)
}

function objectText(members: ReadonlyMap<string, string>): string {
  // In the order of names, by UTF-16 code units as RFC 8785 wants it.
  const inOrder = [...members].sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${inOrder.map(([, text]) => text).join(',')}}`
}

/** Throws `TypeError` on bytes that are no UTF-8. A byte order mark is content, not decoration. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
