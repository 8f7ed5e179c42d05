import { comparePositions } from '@outlast/snapshot'
import { compareOffers, knownEpochs, newestOffer, settledPosition, type Epochs, type Offer } from './candidate.ts'
import { judgeLive, type Refusal } from './judge-live.ts'
import type { MassChange, Situation } from './situation.ts'

/** What a situation comes to: all that the guards of the rules look at. */
export interface Facts<T extends Offer> {
  readonly situation: Situation<T>
  readonly epochs: Epochs
  readonly running: T | undefined
  /** Somebody has not been heard, and the boot timeout is not over. */
  readonly isHearing: boolean
  /** What the control plane says, while it answers; of this what may take effect now. */
  readonly live: T | undefined
  readonly refusal: Refusal | undefined
  /** The sink can use what the control plane says. */
  readonly isLiveUsable: boolean
  /** The control plane could be followed again, in the place of the snapshot that is in effect. */
  readonly couldReturn: boolean
  /** What was in effect when an operator froze it, if it can be had and nothing is in effect. */
  readonly frozen: T | undefined
  /** What an operator has pinned, if it can be had and is not in effect. */
  readonly pinned: T | undefined
  /** The newest snapshot that the sink can use, if it is newer than what is in effect. */
  readonly newer: T | undefined
  /** What a followed control plane takes over from. */
  readonly predecessor: T | undefined
}

export function factsOf<T extends Offer>(situation: Situation<T>, massChange: MassChange<T>): Facts<T> {
  const { mode, running, live, stores, local, pinned, rejected, orders, bootExpired } = situation
  const views = [...stores, local].filter((store) => store !== undefined)
  const offered = views.flatMap(({ offer, earlier }) => [offer, earlier]).filter((offer) => offer !== undefined)
  const epochs = knownEpochs(running === undefined ? offered : [...offered, running])
  const usable = offered.filter((offer) => !rejected.has(offer.digest))
  const newest = newestOffer(usable, epochs)
  const isNewer = newest !== undefined && (running === undefined || compareOffers(newest, running, epochs) > 0)
  const pin = orders.pinned === undefined ? undefined : pinned?.offer
  const isPinTaken = pin === undefined || rejected.has(pin.digest) || isSame(pin, running, epochs)
  const thawed = running === undefined ? usable.find(({ digest }) => digest === orders.frozen?.digest) : undefined
  const refusal = judgeLive(situation, offered, epochs, massChange)
  const isLiveUsable = live?.offer !== undefined && !rejected.has(live.offer.digest)
  return {
    situation,
    epochs,
    running,
    isHearing: !bootExpired && [live, ...stores, local, pinned].some((source) => source?.asked === false),
    live: live?.offer,
    refusal,
    isLiveUsable,
    couldReturn: running !== undefined && mode === 'standalone' && isLiveUsable && refusal === undefined,
    frozen: thawed,
    pinned: isPinTaken ? undefined : pin,
    newer: isNewer ? newest : undefined,
    predecessor: running ?? newestOffer(offered, epochs),
  }
}

function isSame(offer: Offer, running: Offer | undefined, epochs: Epochs): boolean {
  if (running?.digest !== offer.digest || running.identity !== offer.identity) return false
  return comparePositions(settledPosition(offer, epochs), settledPosition(running, epochs)) === 0
}
