import { digestOf } from '../format/digest.ts'
import { entryLine } from '../format/entry-line.ts'
import type { Entry } from './entry.ts'
import { maximumPartBytes } from '../format/limits.ts'
import type { PartReference } from '../format/manifest.ts'
import { unpack } from '../format/compression.ts'
import { keyIdsIn } from '../keyring/encrypted-value.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The compressed plain form of a bucket, and whose lines are in it. */
interface Packed {
  readonly entries: readonly Entry[]
  readonly bytes: Uint8Array
}

/**
 * The entries of one bucket, by key. Never changes, so what is found out about it once stays true.
 *
 * To write an entry's line costs much more than to unpack it, so a bucket that was made from another one takes over
 * the lines of entries that both have.
 */
export class Bucket {
  readonly entries: ReadonlyMap<string, Entry>
  /** In the order of its plain form, once that was encoded. */
  #inOrder: readonly Entry[] | undefined
  #packed: Packed | undefined
  /** Where lines can be taken over from, until this bucket is packed itself. */
  #origin: Packed | undefined
  /** Its plain form, between being measured and encoded. */
  #text: string | undefined
  #plain: PartReference['plain'] | undefined
  #counts: ReadonlyMap<string, number> | undefined
  #keyIds: ReadonlySet<string> = new Set()

  constructor(entries: ReadonlyMap<string, Entry>, before?: Bucket) {
    this.entries = entries
    if (before !== undefined) this.#origin = before.#packed ?? before.#origin
  }

  /** Entries of each kind. */
  get counts(): ReadonlyMap<string, number> {
    if (this.#counts !== undefined) return this.#counts
    const counts = new Map<string, number>()
    for (const { kind } of this.entries.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    this.#counts = counts
    return counts
  }

  /** Digest and size of the plain form, when it was encoded before. */
  get plain(): PartReference['plain'] | undefined {
    return this.#plain
  }

  /** Ids of the keys that encrypted fields in it were made with, when it was encoded before. */
  get keyIds(): ReadonlySet<string> {
    return this.#keyIds
  }

  /** Size of the plain form in bytes. Unlike `encode`, it may be more than a part can hold. */
  measure(): number {
    if (this.#plain !== undefined) return this.#plain.size
    if (this.#text !== undefined) return Buffer.byteLength(this.#text)
    const { size, text } = this.#write()
    this.#text = text
    return size
  }

  /** The plain form of bucket `number`: the lines of its entries, sorted by the UTF-16 code units of their keys. */
  encode(number: number): { readonly text: string; readonly plain: PartReference['plain'] } {
    const size = this.measure()
    if (size > maximumPartBytes) {
      throw new SnapshotError('limit-exceeded', `Bucket ${number} holds ${size} bytes, more than a part may`)
    }
    const text = this.#text ?? this.#write().text ?? ''
    this.#text = undefined
    this.#keyIds = keyIdsIn(text)
    const plain = { digest: digestOf(text), size }
    this.#plain = plain
    return { text, plain }
  }

  /** Takes note of what its plain form, as it was encoded last, became when it was compressed. */
  keepPacked(compressed: Uint8Array): void {
    // A copy, because what zlib gives is the beginning of a larger piece of memory.
    this.#packed = { entries: this.#inOrder ?? inOrder(this.entries), bytes: new Uint8Array(compressed) }
    this.#origin = undefined
  }

  /** The text only if a part can hold it: what is larger than that may be larger than any text can be. */
  #write(): { readonly size: number; readonly text: string | undefined } {
    const known = linesOf(this.#packed ?? this.#origin)
    this.#inOrder ??= inOrder(this.entries)
    const lines: string[] = []
    let size = 0
    for (const entry of this.#inOrder) {
      const line = known.get(entry) ?? `${entryLine(entry)}\n`
      size += Buffer.byteLength(line)
      if (size <= maximumPartBytes) lines.push(line)
    }
    return { size, text: size <= maximumPartBytes ? lines.join('') : undefined }
  }
}

function inOrder(entries: ReadonlyMap<string, Entry>): readonly Entry[] {
  // Keys are unique, so no two compare as equal.
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry)
}

const nothing: ReadonlyMap<Entry, string> = new Map()

function linesOf(packed: Packed | undefined): ReadonlyMap<Entry, string> {
  if (packed === undefined) return nothing
  const lines = unpack(packed.bytes).toString().split('\n')
  return new Map(packed.entries.map((entry, index) => [entry, `${lines[index] ?? ''}\n`]))
}
