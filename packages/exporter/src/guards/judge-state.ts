import type { Domain, Publication } from '@outlast/snapshot'
import type { BaseComparison } from './compare-with-bases.ts'
import type { Continuity } from '../source/continuity.ts'
import { domains, type Bases } from '../domains.ts'
import { guardEmptyConfiguration } from './empty-configuration.ts'
import { guardMassChange } from './mass-change.ts'
import { guardSizeLimits } from './size-limits.ts'
import { holdsFor, isHeld, type Holds } from '../holds/holds.ts'
import { judgeLineage } from './judge-lineage.ts'
import { operatorHolds } from './operator-holds.ts'
import type { Reading } from '../source/read-state.ts'

export interface StateVerdict {
  /** What stands against it; nothing, when it may be published. */
  readonly holds: Holds
  /** Under which it follows, when nothing stands against it or an operator accepts it. */
  readonly epoch: number
}

/**
 * Whether a state may take the place of the snapshots that it would follow. For each domain the first reason counts: an
 * operator's hold, what the format cannot hold, another history, emptiness, a mass change.
 */
export async function judgeState(
  claim: Reading & {
    readonly publications: Readonly<Record<Domain, Publication>>
    readonly bases: Bases
    readonly continuity: Continuity
    readonly comparison: BaseComparison
    /** Milliseconds since the Unix epoch. */
    readonly now: number
  },
): Promise<StateVerdict> {
  const { publications, bases, state, contradictions, comparison, now } = claim
  for (const holds of [
    holdsFor('operator', operatorHolds(publications)),
    holdsFor('size', guardSizeLimits(publications, state)),
  ]) {
    // Neither is for anybody to accept, so it does not matter which epoch that would be.
    if (isHeld(holds)) return { holds, epoch: Math.max(...domains.map((domain) => bases[domain]?.position.epoch ?? 1)) }
  }
  const { reasons, epoch, isResumed } = await judgeLineage({
    publications,
    state,
    contradictions,
    unixSeconds: Math.floor(now / 1000),
    differs: async (domain) => comparison.differs(domain),
  })
  const others = {
    ...holdsFor('empty', guardEmptyConfiguration(bases, state)),
    ...holdsFor('lineage', reasons),
  }
  // An operator who resumes wants whatever the source has. What is held anyhow need not be looked into.
  const judged = isResumed ? [] : domains.filter((domain) => others[domain] === undefined)
  return { holds: { ...holdsFor('mass-change', await guardMassChange(claim, judged)), ...others }, epoch }
}
