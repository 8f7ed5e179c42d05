import { newestOffer, type Epochs, type Offer } from './candidate.ts'
import { refuseLive } from './refuse-live.ts'
import type { MassChange, Situation } from './situation.ts'

export interface Refusal {
  readonly reason: string
  /** Whether an operator of this node may let it pass. What an operator of the fleet holds ends with that hold only. */
  readonly isAcceptable: boolean
}

/** Why the control plane's configuration must not take effect although it answers; `undefined` when it may. */
export function judgeLive<T extends Offer>(
  situation: Situation<T>,
  snapshots: readonly T[],
  epochs: Epochs,
  massChange: MassChange<T>,
): Refusal | undefined {
  const { live, orders } = situation
  if (live?.offer === undefined || live.continued) return undefined
  const newest = newestOffer(snapshots, epochs)
  if (newest?.held !== undefined) return { reason: newest.held, isAcceptable: false }
  const { accepted } = orders
  if (accepted?.digest === live.offer.digest && accepted.identity === live.offer.identity) return undefined
  const reference = situation.running ?? newest
  const reason = reference === undefined ? refuseFirst(situation) : refuse(live.offer, reference, massChange)
  return reason === undefined ? undefined : { reason, isAcceptable: true }
}

function refuse<T extends Offer>(live: T, reference: T, massChange: MassChange<T>): string | undefined {
  const reason = refuseLive(live, reference)
  if (reason !== undefined || live.digest === reference.digest || reference.empty) return reason
  const lost = massChange(live, reference)
  return lost === undefined ? undefined : `the control plane answers with a mass change: ${lost}`
}

/**
 * "Empty" is right for a first installation and a disaster otherwise: only stores that say that they hold nothing can tell
 * which one this is. A damaged local store says that there was something.
 */
function refuseFirst({ live, stores, local }: Situation<Offer>): string | undefined {
  const isFirstInstallation = [...stores, local].every((store) => store?.empty ?? true)
  return live?.offer?.empty === true && !isFirstInstallation
    ? 'the control plane answers with an empty configuration, and no store could tell whether there was another before'
    : undefined
}
