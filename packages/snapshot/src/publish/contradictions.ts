import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import { BucketedEntries } from '../entries/entry-set.ts'
import { entryKey, type Entry, type EntryRef } from '../entries/entry.ts'
import { errorMessage } from '../error-message.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { mayBeEqual } from '../keyring/may-be-equal.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { fetchPart } from '../store/load-snapshot.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import type { PartsPlan } from './plan-parts.ts'

/** A configuration that claims to go on from the base, and where the base stands. */
export interface Candidate {
  readonly entries: Iterable<Entry>
  /** By `entryKey`; entries without a revision are passed over. */
  readonly modified: ReadonlyMap<string, number>
  readonly base: Manifest
  /** The source had the base's content at this revision. */
  readonly knownRevision: number
  /** How the entries would be laid out on this base. */
  readonly plan: PartsPlan
}

/**
 * Entries that the source says it has not modified since it had the base's content, and that the base does not have with
 * an equal value; sorted by key. A single one proves that this is another history, whatever the source calls itself. SPEC section 12.
 *
 * Only parts that differ are read. One that cannot be used proves nothing: its entries are passed over.
 */
export async function findContradictions(
  context: DomainContext,
  candidate: Candidate,
  options: SignalOptions,
): Promise<readonly EntryRef[]> {
  const { base } = candidate
  const parts = new Map(base.parts.map((part) => [part.bucket, part]))
  const found = await mapConcurrently([...suspects(candidate)], transferConcurrency, async ([number, entries]) => {
    const before = await valuesIn(context, base, parts.get(number), options)
    return before === undefined ? [] : entries.filter((entry) => !mayBeEqual(before.get(entryKey(entry)), entry.value))
  })
  return found
    .flat()
    .map(({ kind, id }) => ({ kind, id }))
    .sort((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))
}

/** What should be as it is in the base, by the base's buckets; without buckets whose digest says that they are. */
function suspects({ entries, modified, base, knownRevision, plan }: Candidate): ReadonlyMap<number, Entry[]> {
  const all = BucketedEntries.of(entries)
  const equal = new Set(plan.reused.map(({ bucket }) => bucket))
  const found = new Map<number, Entry[]>()
  for (const [number, bucket] of spreadLike(base, all).buckets.entries()) {
    if (bucket === undefined || equal.has(number)) continue
    const unmodified = [...bucket.entries].filter(([key]) => (modified.get(key) ?? Infinity) <= knownRevision)
    if (unmodified.length > 0)
      found.set(
        number,
        unmodified.map(([, entry]) => entry),
      )
  }
  return found
}

/** Another set where that is needed: this one shall remember how it is going to be published. */
function spreadLike({ fanout }: Manifest, entries: BucketedEntries): BucketedEntries {
  if (entries.fanout === fanout) return entries
  const others = BucketedEntries.of([...entries])
  others.spreadOver(fanout)
  return others
}

async function valuesIn(
  context: DomainContext,
  base: Manifest,
  part: PartReference | undefined,
  options: SignalOptions,
): Promise<ReadonlyMap<string, Entry['value']> | undefined> {
  if (part === undefined) return new Map()
  try {
    const { entries } = await fetchPart(context, base, part, options)
    return new Map(entries.map((entry) => [entryKey(entry), entry.value]))
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    const { group, domain, storage, logger } = context
    logger.warn(
      { store: storage.name, group, domain, part: part.key, error: errorMessage(error) },
      'a part cannot be used, so the source is not compared with it',
    )
    return undefined
  }
}
