import { isCanonicalText } from '../entries/canonical-json.ts'
import { decodeUtf8 } from './checked-json.ts'
import { codecOfKey, decompress } from './compression.ts'
import { digestOf } from './digest.ts'
import { entryKey, type Entry, type JsonValue } from '../entries/entry.ts'
import { entryDigest, lineDigest } from './entry-digest.ts'
import { bucketOf } from '../entries/fan-out.ts'
import { eachInSlices } from '../entries/in-slices.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import type { PartReference } from './manifest.ts'
import type { PartSealer } from '../sealing/part-sealer.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** What a manifest says of a part's plain form: its digest, or where the snapshot is sealed what the digest becomes. */
export function contentDigest(plainDigest: string, sealer: PartSealer | undefined): string {
  return sealer?.digest(plainDigest) ?? plainDigest
}

/** What is in a part. */
export interface DecodedPart {
  readonly entries: readonly Entry[]
  /** Of each entry, in their order: see `entryDigest`. */
  readonly digests: readonly string[]
}

/**
 * A part as it is stored, decoded in slices of a few milliseconds. Everything that its reference promises is checked, in
 * the order in which it becomes known, and then what every part promises. Rejects with `damaged`.
 */
export async function decodePart(
  stored: Uint8Array,
  reference: PartReference,
  fanout: number,
  sealer?: PartSealer,
): Promise<DecodedPart> {
  expect(matches(stored, reference.stored), reference, 'does not match its stored digest')
  const compressed = sealer?.open(reference.key, stored) ?? stored
  const plain = await decompress(compressed, codecOfKey(reference.key), reference.plain.size)
  expect(matches(plain, reference.plain, sealer), reference, 'does not match its plain digest')
  const lines = linesOf(plain, reference)
  expect(lines.length === reference.count, reference, 'does not hold as many entries as it should')
  const entries: Entry[] = []
  const digests: string[] = []
  let previous = ''
  await eachInSlices(lines, (line) => {
    const { entry, digest } = parseLine(line, reference)
    const key = entryKey(entry)
    expect(key > previous, reference, 'is not sorted, or holds an entry twice')
    expect(bucketOf(key, fanout) === reference.bucket, reference, 'holds an entry of another bucket')
    previous = key
    entries.push(entry)
    digests.push(digest)
  })
  return { entries, digests }
}

function linesOf(plain: Uint8Array, reference: PartReference): readonly string[] {
  const lines = textOf(plain, reference).split('\n')
  expect(lines.pop() === '', reference, 'does not end with a line feed')
  return lines
}

function textOf(plain: Uint8Array, reference: PartReference): string {
  try {
    return decodeUtf8(plain)
  } catch {
    throw damaged(reference, 'holds a line that is no JSON')
  }
}

function parseLine(line: string, reference: PartReference): { readonly entry: Entry; readonly digest: string } {
  const parsed = canonicalObject(line, reference)
  const { id, kind, value } = parsed
  if (typeof id !== 'string' || typeof kind !== 'string' || value === undefined) {
    throw damaged(reference, 'holds a line that is no entry')
  }
  expect(id !== '' && kind !== '' && !kind.includes('/'), reference, 'holds an entry without a proper name')
  const entry = { kind, id, value }
  // Members that are not known here are no part of the entry.
  const isWholeLine = Object.keys(parsed).length === Object.keys(entry).length
  return { entry, digest: isWholeLine ? lineDigest(line) : entryDigest(entry) }
}

function canonicalObject(line: string, reference: PartReference): JsonObject {
  let parsed: JsonValue
  let isCanonical: boolean
  try {
    parsed = JSON.parse(line)
    isCanonical = isCanonicalText(line, parsed)
  } catch {
    // A parser's message may quote the content, so it is not kept as a cause.
    throw damaged(reference, 'holds a line that is no JSON')
  }
  if (!isJsonObject(parsed)) throw damaged(reference, 'holds a line that is no entry')
  expect(isCanonical, reference, 'holds a line that is not canonical')
  return parsed
}

function matches(
  bytes: Uint8Array,
  expected: { readonly digest: string; readonly size: number },
  sealer?: PartSealer,
): boolean {
  return bytes.byteLength === expected.size && contentDigest(digestOf(bytes), sealer) === expected.digest
}

function expect(condition: boolean, reference: PartReference, problem: string): void {
  if (!condition) throw damaged(reference, problem)
}

function damaged(reference: PartReference, problem: string): SnapshotError {
  return new SnapshotError('damaged', `The part ${reference.key} ${problem}`)
}
