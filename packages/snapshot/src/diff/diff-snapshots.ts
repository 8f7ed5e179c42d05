import { compareEntries, type EntryComparison } from './compare-entries.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import type { Entry } from '../entries/entry.ts'
import { transferConcurrency } from '../format/limits.ts'
import { fetchPart } from '../store/load-snapshot.ts'
import type { Manifest } from '../format/manifest.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'

/** How two snapshots of one store differ. */
export interface SnapshotDiff extends EntryComparison {
  /** How many parts had to be read: those with equal digests are not. */
  readonly partsRead: number
}

/**
 * Compares digests first and reads only parts that differ: all of both sides when their fan-outs do.
 * Rejects with `damaged` or `not-yet` when one of those cannot be read.
 */
export async function diffSnapshots(
  context: DomainContext,
  before: Manifest,
  after: Manifest,
  options: SignalOptions = {},
): Promise<SnapshotDiff> {
  const left = differing(before, after)
  const right = differing(after, before)
  return {
    ...compareEntries(await fetchAll(context, left, options), await fetchAll(context, right, options)),
    partsRead: left.parts.length + right.parts.length,
  }
}

type Parts = Pick<Manifest, 'fanout' | 'parts' | 'sealing'>

/** The parts of `manifest` that `other` does not have with the same content. */
function differing(manifest: Manifest, other: Manifest): Parts {
  const { fanout, parts, sealing } = manifest
  if (fanout !== other.fanout) return { fanout, parts, sealing }
  const digests = new Map(other.parts.map(({ bucket, plain }) => [bucket, plain.digest]))
  return { fanout, sealing, parts: parts.filter(({ bucket, plain }) => digests.get(bucket) !== plain.digest) }
}

async function fetchAll(context: DomainContext, snapshot: Parts, options: SignalOptions): Promise<readonly Entry[]> {
  const parts = await mapConcurrently(snapshot.parts, transferConcurrency, async (part) =>
    fetchPart(context, snapshot, part, options),
  )
  return parts.flatMap(({ entries }) => entries)
}
