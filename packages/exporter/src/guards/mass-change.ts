import {
  entryCount,
  highestRecentCount,
  isMassChange,
  type Domain,
  type Manifest,
  type Publication,
} from '@outlast/snapshot'
import type { BaseComparison } from './compare-with-bases.ts'
import type { Continuity } from '../source/continuity.ts'
import type { Reasons } from '../domains.ts'
import type { ExportState } from '../source/export-state.ts'

interface MassChangeClaim {
  readonly publications: Readonly<Record<Domain, Pick<Publication, 'base' | 'mostLost'>>>
  readonly state: ExportState
  readonly continuity: Continuity
  readonly comparison: BaseComparison
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

/**
 * Refuses to lose more than half of a backup, and at least 20 entries, at once or bit by bit: entries of the base that
 * would be gone or different, and the number of entries against the highest of the last 24 hours. What is added never
 * counts.
 *
 * The base is only read when that is possible at all: by what has changed since this exporter published it, or else by
 * the digests of its parts.
 */
export async function guardMassChange(claim: MassChangeClaim, judged: readonly Domain[]): Promise<Reasons> {
  const found = await Promise.all(judged.map(async (domain) => [domain, await reasonIn(domain, claim)] as const))
  return Object.fromEntries(found.filter(([, reason]) => reason !== undefined))
}

async function reasonIn(domain: Domain, claim: MassChangeClaim): Promise<string | undefined> {
  const { base } = claim.publications[domain]
  if (base === undefined) return undefined
  const { size } = claim.state[domain]
  const highest = highestRecentCount(base, claim.now)
  if (isMassChange(highest - size, highest)) {
    return `the source has ${String(size)} ${domain} entries, where the backup had ${String(highest)} within the last 24 hours`
  }
  const count = entryCount(base)
  if (!couldBeMass(domain, base, count, claim)) return undefined
  const lost = await claim.comparison.lost(domain)
  return isMassChange(lost, count)
    ? `${String(lost)} of the ${String(count)} ${domain} entries in the snapshot would be gone or different`
    : undefined
}

function couldBeMass(domain: Domain, base: Manifest, count: number, claim: MassChangeClaim): boolean {
  const { publications, state, continuity } = claim
  if (!isMassChange(count, count)) return false
  const lostSince = continuity.mostLost(domain, state, base)
  if (lostSince !== undefined && !isMassChange(lostSince, count)) return false
  return isMassChange(publications[domain].mostLost(state[domain]), count)
}
