import { Bucket } from './bucket.ts'
import { checkEntry, repeated } from './check-entries.ts'
import { entryKey, type Entry, type EntryChanges } from './entry.ts'
import { bucketOf, fanoutFor } from './fan-out.ts'
import { jsonEquals } from './json-equals.ts'
import { stepsInSlices } from './in-slices.ts'
import { atOnce, type Steps } from './steps.ts'

/**
 * The entries of one domain as an immutable set that remembers how it was laid out in a snapshot. Publishing a set that
 * was made `with` changes from one that was published encodes only the buckets that these changes touch,
 * whoever has published in between.
 *
 * It keeps the entries themselves, so they must not be altered afterwards. Beside them it takes about 180 bytes for each, and
 * what it was compressed to when it was published.
 */
export interface EntrySet extends Iterable<Entry> {
  readonly size: number
  /**
   * Another set: without what is removed, then with what is upserted. Absent entries can be removed.
   * Throws `TypeError` when an upserted entry is none (no proper name, no value).
   */
  with(changes: EntryChanges): EntrySet
  /**
   * How many entries of another set are not in this one, or have another value here. Looks only into buckets that are
   * not known to be equal, so of a set that this one was made from it costs what has changed.
   */
  lostSince(earlier: EntrySet): number
}

/** Makes an `EntrySet`. Throws `TypeError` when an entry is none, or is there twice. */
export function entrySet(entries: Iterable<Entry> = []): EntrySet {
  return BucketedEntries.of(entries)
}

/** Like `entrySet`, in slices of a few milliseconds. The entries must not change meanwhile. Rejects where it throws. */
export async function entrySetInSlices(entries: Iterable<Entry>): Promise<EntrySet> {
  return stepsInSlices(BucketedEntries.stepsOf(entries))
}

/** An `EntrySet` as those see it who lay it out. */
export class BucketedEntries implements EntrySet {
  readonly size: number
  // Which layout this is does not show from outside, so it may change.
  #fanout: number
  #buckets: readonly (Bucket | undefined)[]

  private constructor(size: number, fanout: number, buckets: readonly (Bucket | undefined)[]) {
    this.size = size
    this.#fanout = fanout
    this.#buckets = buckets
  }

  static of(entries: Iterable<Entry>): BucketedEntries {
    return atOnce(BucketedEntries.stepsOf(entries))
  }

  /** The same in steps. The entries must not change meanwhile. */
  static *stepsOf(entries: Iterable<Entry>): Steps<BucketedEntries> {
    if (entries instanceof BucketedEntries) return entries
    const all = [...entries]
    // Sizes are not known yet; the count is a good first guess.
    const fanout = fanoutFor({ entries: all.length, bytes: 0 })
    return new BucketedEntries(all.length, fanout, yield* intoBuckets(all, fanout))
  }

  get fanout(): number {
    return this.#fanout
  }

  /** By number; `undefined` where there are no entries. */
  get buckets(): readonly (Bucket | undefined)[] {
    return this.#buckets
  }

  /** Takes over another fan-out; what is known about the buckets so far is lost. */
  spreadOver(fanout: number): void {
    atOnce(this.stepsOver(fanout))
  }

  /** The same in steps. */
  *stepsOver(fanout: number): Steps<void> {
    if (fanout === this.#fanout) return
    const buckets = yield* intoBuckets(this, fanout)
    this.#buckets = buckets
    this.#fanout = fanout
  }

  with({ upserted, removed }: EntryChanges): BucketedEntries {
    if (upserted.length === 0 && removed.length === 0) return this
    const fanout = this.#fanout
    const buckets = [...this.#buckets]
    const touched = new Map<number, Map<string, Entry>>()
    const membersFor = (key: string): Map<string, Entry> => {
      const number = bucketOf(key, fanout)
      const members = touched.get(number) ?? new Map(buckets[number]?.entries)
      touched.set(number, members)
      return members
    }
    for (const ref of removed) {
      const key = entryKey(ref)
      membersFor(key).delete(key)
    }
    for (const entry of upserted) {
      refuse(checkEntry(entry))
      const key = entryKey(entry)
      membersFor(key).set(key, entry)
    }
    let { size } = this
    for (const [number, members] of touched) {
      size += members.size - (buckets[number]?.entries.size ?? 0)
      buckets[number] = members.size === 0 ? undefined : new Bucket(members, buckets[number])
    }
    return new BucketedEntries(size, fanout, buckets)
  }

  lostSince(earlier: EntrySet): number {
    const before = BucketedEntries.of(earlier)
    let lost = 0
    for (const [number, bucket] of before.#buckets.entries()) {
      if (bucket === undefined) continue
      const counterpart = before.#fanout === this.#fanout ? this.#buckets[number] : undefined
      if (counterpart !== undefined && isKnownEqual(bucket, counterpart)) continue
      for (const [key, entry] of bucket.entries) {
        const now = this.#buckets[bucketOf(key, this.#fanout)]?.entries.get(key)
        if (now !== entry && !jsonEquals(now?.value, entry.value)) lost += 1
      }
    }
    return lost
  }

  *[Symbol.iterator](): Generator<Entry, void, undefined> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.entries.values()
  }
}

function isKnownEqual(one: Bucket, other: Bucket): boolean {
  return one === other || (one.plain !== undefined && one.plain.digest === other.plain?.digest)
}

const entriesPerStep = 100

function* intoBuckets(entries: Iterable<Entry>, fanout: number): Steps<readonly (Bucket | undefined)[]> {
  const buckets = Array.from<Map<string, Entry> | undefined>({ length: fanout })
  let count = 0
  for (const entry of entries) {
    refuse(checkEntry(entry))
    const key = entryKey(entry)
    const members = (buckets[bucketOf(key, fanout)] ??= new Map())
    if (members.has(key)) refuse(repeated(key))
    members.set(key, entry)
    count += 1
    if (count % entriesPerStep === 0) yield
  }
  return buckets.map((members) => members && new Bucket(members))
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new TypeError(`These entries are no configuration: ${problem}`)
}
