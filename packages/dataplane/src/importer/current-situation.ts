import type { Candidate } from './candidate.ts'
import type { DataPlaneParts } from './data-plane-parts.ts'
import type { OfferOf } from './delayed-offers.ts'
import type { DataPlaneMode } from './mode.ts'
import type { Situation } from './situation.ts'

/** What only the loop knows. */
export interface LoopState {
  readonly mode: DataPlaneMode
  readonly bootExpired: boolean
  /** What of the sources' offers may take effect by now. */
  readonly offerOf: OfferOf
}

/** All that is known at this moment. */
export function currentSituation(
  { sources, local, inEffect, guard, book, pinned, turn }: DataPlaneParts,
  { mode, bootExpired, offerOf }: LoopState,
): Situation<Candidate> {
  const { orders } = book
  const live = orders.standalone === undefined ? sources.live : undefined
  const running = inEffect.current
  const offer = live && offerOf(live)
  const load = offer?.load
  const continued = mode === 'live' && load !== undefined && load === running?.load
  return {
    mode,
    running,
    live: live && {
      asked: live.record.asked,
      answers: live.offer !== undefined,
      offer,
      continued,
      isTurn: turn.hasCome,
    },
    stores: sources.stores.map((store) => ({
      asked: store.asked,
      empty: store.empty,
      offer: offerOf(store),
      earlier: store.earlier,
    })),
    local: local?.reader,
    bootExpired,
    orders,
    pinned: orders.pinned && pinned,
    rejected: new Set([...inEffect.rejected, ...(guard?.refused ?? [])]),
  }
}
