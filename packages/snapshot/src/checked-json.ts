import { canonicalJson } from './canonical-json.ts'
import { digestOf } from './digest.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { SnapshotError } from './snapshot-error.ts'

/** Canonical JSON bytes of an object, with a member `checksum`: the digest of the canonical form without it. */
export function encodeCheckedJson(value: object): Uint8Array {
  if (!isJsonObject(value)) throw new TypeError('Only an object can hold its checksum')
  const checksum = digestOf(canonicalJson(value))
  return Buffer.from(canonicalJson({ ...value, checksum }))
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
      // Other spellings of the same value would have other digests, so only the canonical one is good.
      intact = canonicalJson({ ...members, checksum: checksum ?? null }) === text
      if (intact && checksum === digestOf(canonicalJson(members))) return members
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
