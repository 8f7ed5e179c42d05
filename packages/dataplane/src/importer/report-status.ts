import { compareOffers, knownEpochs, settledPosition, type Candidate } from './candidate.ts'
import type { DataPlaneParts } from './data-plane-parts.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import type { Decision } from './decide.ts'
import type { DelayedOffers } from './delayed-offers.ts'
import type { FollowedSources } from './followed-sources.ts'
import type { DataPlaneMode } from './mode.ts'

/** What is told to whoever asks. */
export function reportStatus(
  { inEffect, sources, book, pinned, guard, local, pace, delayed, floors }: DataPlaneParts,
  { mode, decision }: { readonly mode: DataPlaneMode; readonly decision: Decision<Candidate> | undefined },
): DataPlaneStatus {
  const { current, position, appliedAt, applyError, quarantined } = inEffect
  const { held, acceptable } = decision ?? {}
  return {
    mode,
    ready: current !== undefined,
    source: current?.source,
    position,
    digest: current?.digest,
    appliedAt,
    matchedAt: current && matchedAt(current, sources),
    held,
    acceptable: acceptable && {
      identity: acceptable.identity,
      revision: acceptable.position.revision,
      digest: acceptable.digest,
    },
    pace: pace.inForce,
    delayed: current && delayedReport(delayed, current),
    floors: floors?.report ?? [],
    floorsError: floors?.failure,
    orders: book.orders,
    pinError: pinned.error,
    ordersError: book.failure,
    applyError,
    poisoned: guard?.report ?? [],
    localCopyError: local?.error,
    poisonNoteError: guard?.failure,
    quarantined,
    sources: {
      live: sources.live?.record.report,
      stores: sources.stores.map((store) => store.record.report),
      local: local?.report,
    },
  }
}

/** What is older than what runs waits for nothing. */
function delayedReport(delayed: DelayedOffers, current: Candidate): DataPlaneStatus['delayed'] {
  for (const seen of delayed.waiting) {
    const { offer, seenAt } = seen
    const epochs = knownEpochs([offer, current])
    if (compareOffers(offer, current, epochs) <= 0) continue
    const { source, digest } = offer
    return { source, position: settledPosition(offer, epochs), digest, seenAt, dueAt: delayed.ripeAt(seen) }
  }
  return undefined
}

/** Any source that holds the same content now tells how fresh it is. */
function matchedAt(current: Candidate, { live, stores }: FollowedSources): number | undefined {
  const offers = [live?.offer, ...stores.map((store) => store.offer)]
  const times = offers.map((offer) => (offer?.digest === current.digest ? offer.matchedAt : undefined))
  const known = [current.matchedAt, ...times].filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
