import type { Position } from '@outlast/snapshot'
import {
  compareOffers,
  knownEpochs,
  leastEpoch,
  newestOffer,
  settledPosition,
  type Epochs,
  type Offer,
} from './candidate.ts'
import type { ModeEvent } from './mode.ts'
import { refuseLive } from './refuse-live.ts'

/** What is known of one snapshot store, remote or local. */
export interface StoreView<T extends Offer> {
  /** At least one attempt to read it has ended, well or not. */
  readonly asked: boolean
  /** It said that it holds no snapshot. */
  readonly empty: boolean
  readonly offer?: T | undefined
}

interface LiveView<T extends Offer> {
  /** At least one attempt to load has ended, well or not. */
  readonly asked: boolean
  /** Its newest complete configuration, while it answers. */
  readonly offer?: T | undefined
  /** The offer follows from what is in effect by changes alone, without a gap. */
  readonly continued: boolean
}

/** All that a decision rests on. */
export interface Situation<T extends Offer> {
  readonly running?: Offer | undefined
  /** Absent when there is no control plane to follow. */
  readonly live?: LiveView<T> | undefined
  readonly stores: readonly StoreView<T>[]
  readonly local?: StoreView<T> | undefined
  /** The boot timeout is over: do not wait any longer for who has not answered. */
  readonly bootExpired: boolean
  /** Digests that the sink refused a moment ago. */
  readonly rejected: ReadonlySet<string>
}

export interface Take<T extends Offer> {
  readonly from: 'live' | 'snapshot'
  readonly offer: T
  /** The offer's position with its epoch settled. */
  readonly position: Position
}

export interface Decision<T extends Offer> {
  /** What must take effect now, if anything; it may be in effect already. */
  readonly take?: Take<T> | undefined
  /** What this situation means for the mode, before anything is taken. */
  readonly event?: ModeEvent | undefined
  /** Why the control plane is not followed although it answers. */
  readonly held?: string | undefined
}

/** Which source should be in effect: one for the whole configuration, never a mixture. */
export function decide<T extends Offer>(situation: Situation<T>): Decision<T> {
  const { running, live, rejected } = situation
  const event: ModeEvent | undefined =
    live === undefined ? 'live-removed' : live.offer === undefined ? 'live-lost' : undefined
  if (running === undefined && !canChoose(situation)) return { event }

  const offered = [...situation.stores, situation.local].flatMap((store) => store?.offer ?? [])
  const epochs = knownEpochs(running === undefined ? offered : [...offered, running])
  const snapshots = offered.filter((offer) => !rejected.has(offer.digest))

  const held = live?.offer === undefined ? undefined : refusal(situation, live, newestOffer(offered, epochs))
  if (live?.offer !== undefined && held === undefined) {
    if (!rejected.has(live.offer.digest)) {
      return { take: followed(live.offer, running ?? newestOffer(offered, epochs), epochs) }
    }
    // The sink cannot use what the control plane says. A running node waits for the next state; a starting one looks on.
    if (running !== undefined) return {}
  }
  const because: Decision<T> = held === undefined ? { event } : { event: 'live-refused', held }
  const newest = newestOffer(snapshots, epochs)
  if (newest === undefined || (running !== undefined && compareOffers(newest, running, epochs) <= 0)) return because
  return { ...because, take: { from: 'snapshot', offer: newest, position: settledPosition(newest, epochs) } }
}

/** At boot everyone is heard, or the boot timeout ends the waiting. */
function canChoose({ bootExpired, live, stores, local }: Situation<Offer>): boolean {
  return bootExpired || [live, ...stores, local].every((source) => source === undefined || source.asked)
}

function refusal(situation: Situation<Offer>, live: LiveView<Offer>, newest: Offer | undefined): string | undefined {
  if (live.offer === undefined || live.continued) return undefined
  if (newest?.held !== undefined) return newest.held
  const reference = situation.running ?? newest
  if (reference !== undefined) return refuseLive(live.offer, reference)
  // "Empty" is right for a first installation and a disaster otherwise: only stores that say that they hold nothing can
  // tell which one this is. A damaged local store says that there was something.
  const firstInstallation = [...situation.stores, situation.local].every((store) => store?.empty ?? true)
  return live.offer.empty && !firstInstallation
    ? 'the control plane answers with an empty configuration, and no store could tell whether there was another before'
    : undefined
}

/** Gives a live offer what it cannot know itself: its epoch, or which one it continues. */
function followed<T extends Offer>(live: T, before: Offer | undefined, epochs: Epochs): Take<T> {
  const takenOver = before === undefined ? undefined : settledPosition(before, epochs).epoch
  const continues = before?.identity === live.identity ? before.continues : takenOver
  const known = epochs.get(live.identity) ?? 0
  const position = { epoch: known >= leastEpoch({ continues }) ? known : 0, revision: live.position.revision }
  const offer = { ...live, continues, position }
  return { from: 'live', offer, position: settledPosition(offer, epochs) }
}
