import { canonicalJson, isCanonicalText } from '../entries/canonical-json.ts'
import { decodeUtf8 } from './checked-json.ts'
import { codecOfKey, decompress } from './compression.ts'
import { digestOf } from './digest.ts'
import { entryKey, type Entry } from '../entries/entry.ts'
import { bucketOf } from '../entries/fan-out.ts'
import { isJsonObject } from '../entries/json-object.ts'
import type { PartReference } from './manifest.ts'
import type { PartSealer } from '../sealing/part-sealer.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** What a manifest says of a part's plain form: its digest, or where the snapshot is sealed what the digest becomes. */
export function contentDigest(plainDigest: string, sealer: PartSealer | undefined): string {
  return sealer?.digest(plainDigest) ?? plainDigest
}

/** One entry as a line of a part, without the line feed. SPEC section 6. */
export function entryLine({ id, kind, value }: Entry): string {
  return canonicalJson({ id, kind, value })
}

/**
 * The entries of a part as stored. Everything that its reference promises is checked, in the order in which
 * it becomes known, and then what every part promises. Rejects with `damaged`.
 */
export async function decodePart(
  stored: Uint8Array,
  reference: PartReference,
  fanout: number,
  sealer?: PartSealer,
): Promise<readonly Entry[]> {
  expect(matches(stored, reference.stored), reference, 'does not match its stored digest')
  const compressed = sealer?.open(reference.key, stored) ?? stored
  const plain = await decompress(compressed, codecOfKey(reference.key), reference.plain.size)
  expect(matches(plain, reference.plain, sealer), reference, 'does not match its plain digest')
  const entries = parseLines(plain, reference)
  expect(entries.length === reference.count, reference, 'does not hold as many entries as it should')
  let previous = ''
  for (const entry of entries) {
    const key = entryKey(entry)
    expect(key > previous, reference, 'is not sorted, or holds an entry twice')
    expect(bucketOf(key, fanout) === reference.bucket, reference, 'holds an entry of another bucket')
    previous = key
  }
  return entries
}

function parseLines(plain: Uint8Array, reference: PartReference): readonly Entry[] {
  try {
    const lines = decodeUtf8(plain).split('\n')
    expect(lines.pop() === '', reference, 'does not end with a line feed')
    return lines.map((line) => parseLine(line, reference))
  } catch (error) {
    if (SnapshotError.isInstance(error)) throw error
    // A parser's message may quote the content, so it is not kept as a cause.
    throw damaged(reference, 'holds a line that is no JSON')
  }
}

function parseLine(line: string, reference: PartReference): Entry {
  const parsed: unknown = JSON.parse(line)
  if (!isJsonObject(parsed)) throw damaged(reference, 'holds a line that is no entry')
  expect(isCanonicalText(line, parsed), reference, 'holds a line that is not canonical')
  const { id, kind, value } = parsed
  if (typeof id !== 'string' || typeof kind !== 'string' || value === undefined) {
    throw damaged(reference, 'holds a line that is no entry')
  }
  expect(id !== '' && kind !== '' && !kind.includes('/'), reference, 'holds an entry without a proper name')
  return { kind, id, value }
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
