import type { Manifest } from './manifest.ts'

/** The most entries that a newest snapshot had in one hour. */
export interface RecentCount {
  /** Whole hours since the Unix epoch. */
  readonly hour: number
  readonly entries: number
}

const hourMs = 3_600_000
/** The current hour and this many before it. */
const hoursBefore = 24

type Counted = Pick<Manifest, 'counts' | 'recentCounts' | 'approvals'>

/**
 * The most entries that this snapshot, or one that it came after in the last 24 hours, has had; as far as manifests tell,
 * and since an operator last decided on the content. `now` is milliseconds since the Unix epoch.
 */
export function highestRecentCount(manifest: Counted, now: number): number {
  const recent = recentOnly(manifest, now).map(({ entries }) => entries)
  return Math.max(entryCount(manifest), ...recent)
}

/**
 * What the successor of a base says about the last 24 hours, in the order of time; `undefined` when there is nothing to say:
 * hours whose highest count the successor or a later hour reaches are left out. What an operator let pass begins anew.
 */
export function recentCountsAfter(
  base: Counted | undefined,
  successor: { readonly entries: number; readonly now: number },
): readonly RecentCount[] | undefined {
  const { entries, now } = successor
  if (base === undefined || base.approvals?.some(({ action }) => action === 'resume') === true) return undefined
  const current = { hour: Math.floor(now / hourMs), entries: entryCount(base) }
  const kept: RecentCount[] = []
  let reached = entries
  for (const count of [...recentOnly(base, now), current].toSorted(byTime).toReversed()) {
    if (count.entries <= reached) continue
    reached = count.entries
    kept.unshift(count)
  }
  return kept.length === 0 ? undefined : kept
}

/** How many entries a snapshot has. */
export function entryCount({ counts }: Pick<Manifest, 'counts'>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** An hour that is yet to come was counted by another clock, and is as good as this one. */
function recentOnly({ recentCounts = [] }: Counted, now: number): readonly RecentCount[] {
  const current = Math.floor(now / hourMs)
  return recentCounts
    .filter(({ hour }) => hour >= current - hoursBefore)
    .map(({ hour, entries }) => ({ hour: Math.min(hour, current), entries }))
}

function byTime(left: RecentCount, right: RecentCount): number {
  return left.hour - right.hour || left.entries - right.entries
}
