import type { Candidate } from './candidate.ts'
import type { DataPlaneParts } from './data-plane-parts.ts'
import type { Situation } from './situation.ts'

/**
 * When nothing is in effect and nothing can be taken: perhaps because the newest snapshots must not take effect, and earlier
 * ones may. When there is nothing at all, what is suspected of killing the process may be tried again. Never rejects.
 */
export async function lookBack(
  { sources, local, guard, inEffect }: DataPlaneParts,
  { running, rejected, bootExpired }: Situation<Candidate>,
  signal: AbortSignal,
): Promise<void> {
  if (running !== undefined) return
  const followers = [...sources.stores, local?.reader].filter((follower) => follower !== undefined)
  await Promise.all(followers.map(async (follower) => follower.lookBack(rejected, signal)))
  const isGood = (offer: Candidate | undefined): boolean => offer !== undefined && !rejected.has(offer.digest)
  const found = followers.some(({ offer, earlier }) => isGood(offer) || isGood(earlier))
  if (bootExpired && !found && inEffect.current === undefined) guard?.relent()
}
