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
  const { live, running, orders } = situation
  if (live?.offer === undefined) return undefined
  const newest = newestOffer(snapshots, epochs)
  const isDoubted = newest !== undefined && isUnproven(running) && !agrees(live.offer, newest)
  if (live.continued && !isDoubted) return undefined
  if (newest?.held !== undefined) return { reason: newest.held, isAcceptable: false }
  const { accepted } = orders
  if (accepted?.digest === live.offer.digest && accepted.identity === live.offer.identity) return undefined
  const reference = isDoubted ? newest : (running ?? newest)
  const reason = reference === undefined ? refuseFirst(situation) : refuse(live.offer, reference, massChange)
  return reason === undefined ? undefined : { reason, isAcceptable: true }
}

/** It was taken from a control plane while there was no snapshot to compare it with: nobody could tell whether it was right. */
function isUnproven(running: Offer | undefined): boolean {
  return running !== undefined && running.position.epoch === 0 && running.continues === undefined
}

/** The snapshot was made of what this control plane has, or had earlier. */
function agrees(live: Offer, snapshot: Offer): boolean {
  if (live.digest === snapshot.digest) return true
  return live.identity === snapshot.identity && live.position.revision >= snapshot.position.revision
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
