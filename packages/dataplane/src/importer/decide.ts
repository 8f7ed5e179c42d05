import type { Position } from '@outlast/snapshot'
import { leastEpoch, settledPosition, type Epochs, type Offer } from './candidate.ts'
import { factsOf, type Facts } from './facts.ts'
import type { ModeEvent } from './mode.ts'
import type { Orders } from './orders.ts'
import { rules, type Action } from './rules.ts'
import type { MassChange, Situation } from './situation.ts'

export interface Take<T extends Offer> {
  readonly from: 'live' | 'snapshot'
  readonly offer: T
  /** The offer's position with its epoch settled. */
  readonly position: Position
}

export interface Decision<T extends Offer> {
  readonly action: Action
  /** What must take effect now, if anything; it may be in effect already. */
  readonly take?: Take<T> | undefined
  /** What this situation means for the mode, before anything is taken. */
  readonly event?: ModeEvent | undefined
  /** Why the control plane is not followed although it answers. */
  readonly held?: string | undefined
  /** What is not followed, when an operator of this node may let it pass. */
  readonly acceptable?: T | undefined
  /** The control plane could be followed again, in the place of the snapshot that is in effect. */
  readonly couldReturn: boolean
}

/** Which source should be in effect: one for the whole configuration, never a mixture. */
export function decide<T extends Offer>(situation: Situation<T>, massChange: MassChange<T>): Decision<T> {
  const facts = factsOf(situation, massChange)
  const action = rules.find(({ guard }) => guard(facts))?.action ?? 'keep'
  const { couldReturn } = facts
  const take = takeFor(action, facts)
  if (action === 'wait') return { action, couldReturn, event: absence(facts) }
  if (action === 'take-live') return { action, couldReturn, take }
  const ordered = heldByOrder(situation.orders, facts)
  const held = situation.live?.answers === true ? (ordered ?? facts.refusal?.reason) : undefined
  const cause = ordered === undefined ? 'live-refused' : 'operator-held'
  return {
    action,
    couldReturn,
    take,
    event: absence(facts) ?? (held === undefined ? undefined : cause),
    held,
    acceptable: ordered === undefined && facts.refusal?.isAcceptable === true ? facts.live : undefined,
  }
}

function absence({ situation }: Facts<Offer>): ModeEvent | undefined {
  if (situation.live === undefined) return 'live-removed'
  return situation.live.answers ? undefined : 'live-lost'
}

/** An order that could not be obeyed, because nothing was in effect and what it names was not there, holds nothing. */
function heldByOrder({ frozen, pinned }: Orders, facts: Facts<Offer>): string | undefined {
  if (frozen !== undefined && (facts.running ?? facts.frozen) !== undefined) return `frozen by ${by(frozen)}`
  if (pinned !== undefined && (facts.running ?? facts.pinned) !== undefined)
    return `pinned to snapshot ${pinned.sequence} by ${by(pinned)}`
  return undefined
}

function by({ actor, reason }: { readonly actor: string; readonly reason: string }): string {
  return `${actor}: ${reason}`
}

function takeFor<T extends Offer>(action: Action, facts: Facts<T>): Take<T> | undefined {
  const { live, newer, pinned, frozen, predecessor, epochs } = facts
  if (action === 'take-live') return live && followed(live, predecessor, epochs)
  const offer = {
    'take-snapshot': newer,
    'take-pinned': pinned,
    'take-frozen': frozen,
    wait: undefined,
    keep: undefined,
    'await-turn': undefined,
  }[action]
  return offer && { from: 'snapshot', offer, position: settledPosition(offer, epochs) }
}

/** Gives a live offer what it cannot know itself: its epoch, or which one it continues. */
function followed<T extends Offer>(live: T, before: T | undefined, epochs: Epochs): Take<T> {
  const continues = before && (isContinuation(live, before) ? before.continues : settledPosition(before, epochs).epoch)
  const known = epochs.get(live.identity) ?? 0
  const position = { epoch: known >= leastEpoch({ continues }) ? known : 0, revision: live.position.revision }
  const offer = { ...live, continues, position }
  return { from: 'live', offer, position: settledPosition(offer, epochs) }
}

/** The same lineage, and not set back: an older revision that an operator has accepted begins a new one. */
function isContinuation(live: Offer, before: Offer): boolean {
  return live.identity === before.identity && live.position.revision >= before.position.revision
}
