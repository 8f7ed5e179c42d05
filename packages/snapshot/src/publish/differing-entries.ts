import type { BucketedEntries } from '../entries/entry-set.ts'
import type { Entry } from '../entries/entry.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import { fetchPart } from '../store/load-snapshot.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import { SnapshotError } from '../snapshot-error.ts'
import type { PartsPlan } from './plan-parts.ts'

/** The entries of both sides in buckets whose digests differ; all of them, when the fan-outs do. In no particular order. */
export interface DifferingEntries {
  readonly before: readonly Entry[]
  readonly after: readonly Entry[]
}

/** The base's parts that a configuration, planned on this base, does not have with the same content. */
export function differingParts(base: Manifest, plan: PartsPlan): readonly PartReference[] {
  const equal = new Set(plan.reused)
  return base.parts.filter((part) => !equal.has(part))
}

export interface DifferingOptions extends SignalOptions {
  /** Whether a part of the base that cannot be used is passed over, as if nothing had been in it. Default false. */
  readonly usableOnly?: boolean | undefined
}

/** Reads only those parts. Rejects with `damaged`, `not-yet`, or `missing-key`. */
export async function differingEntries(
  context: DomainContext,
  { entries, base, plan }: { readonly entries: BucketedEntries; readonly base: Manifest; readonly plan: PartsPlan },
  { usableOnly = false, signal }: DifferingOptions,
): Promise<DifferingEntries> {
  const before = await mapConcurrently(differingParts(base, plan), transferConcurrency, async (part) => {
    try {
      const { entries: found } = await fetchPart(context, base, part, { signal })
      return found
    } catch (error) {
      if (!usableOnly || !SnapshotError.isInstance(error)) throw error
      return []
    }
  })
  const equal = new Set(plan.reused.map(({ bucket }) => bucket))
  const after = entries.buckets.flatMap((bucket, number) =>
    bucket === undefined || equal.has(number) ? [] : [...bucket.entries.values()],
  )
  return { before: before.flat(), after }
}
