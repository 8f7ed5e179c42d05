import { digestOf } from '../format/digest.ts'
import type { Entry } from './entry.ts'
import { maximumPartBytes } from '../format/limits.ts'
import type { PartReference } from '../format/manifest.ts'
import { keyIdsIn } from '../keyring/encrypted-value.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The canonical line of an entry, with its line feed. */
export type LineOf = (entry: Entry) => string

/** The entries of one bucket, by key. Never changes, so what is found out about it once stays true. */
export class Bucket {
  readonly entries: ReadonlyMap<string, Entry>
  #plain: PartReference['plain'] | undefined
  #counts: ReadonlyMap<string, number> | undefined
  #keyIds: ReadonlySet<string> = new Set()

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.entries = entries
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
  measure(lineOf: LineOf): number {
    if (this.#plain !== undefined) return this.#plain.size
    let size = 0
    for (const entry of this.entries.values()) size += Buffer.byteLength(lineOf(entry))
    return size
  }

  /** The plain form of bucket `number`: the lines of its entries, sorted by the UTF-16 code units of their keys. */
  encode(lineOf: LineOf, number: number): { readonly bytes: Uint8Array; readonly plain: PartReference['plain'] } {
    const size = this.measure(lineOf)
    if (size > maximumPartBytes) {
      throw new SnapshotError('limit-exceeded', `Bucket ${number} holds ${size} bytes, more than a part may`)
    }
    // Keys are unique, so no two compare as equal.
    const byKey = [...this.entries].sort(([left], [right]) => (left < right ? -1 : 1))
    const text = byKey.map(([, entry]) => lineOf(entry)).join('')
    const bytes = Buffer.from(text)
    this.#keyIds = keyIdsIn(text)
    const plain = { digest: digestOf(bytes), size }
    this.#plain = plain
    return { bytes, plain }
  }
}
