import type { Offer } from './candidate.ts'
import type { DataPlaneMode } from './mode.ts'
import type { Orders } from './orders.ts'

/** What is known of one snapshot store, remote or local. */
export interface StoreView<T extends Offer> {
  /** At least one attempt to read it has ended, well or not. */
  readonly asked: boolean
  /** It said that it holds no snapshot. */
  readonly empty: boolean
  readonly offer?: T | undefined
  /** What it held before its offer, looked for when the offer must not take effect. */
  readonly earlier?: T | undefined
}

interface LiveView<T extends Offer> {
  /** At least one attempt to load has ended, well or not. */
  readonly asked: boolean
  /** It tells a complete configuration. */
  readonly answers: boolean
  /** The newest one that this node need not wait for, while it answers. */
  readonly offer?: T | undefined
  /** The offer follows from what is in effect by changes alone, without a gap. */
  readonly continued: boolean
  /** This node may go back to it now: the nodes of a fleet do not all do so at the same moment. */
  readonly isTurn: boolean
}

/** All that a decision rests on. */
export interface Situation<T extends Offer> {
  readonly mode: DataPlaneMode
  readonly running?: T | undefined
  /** Absent when there is no control plane to follow. */
  readonly live?: LiveView<T> | undefined
  readonly stores: readonly StoreView<T>[]
  readonly local?: StoreView<T> | undefined
  /** The boot timeout is over: do not wait any longer for who has not answered. */
  readonly bootExpired: boolean
  /** Digests that must not take effect now: the sink refused them a moment ago, or they have killed the process. */
  readonly rejected: ReadonlySet<string>
  readonly orders: Orders
  /** The snapshot that `orders.pinned` names, as far as it was found. */
  readonly pinned?: Pick<StoreView<T>, 'asked' | 'offer'> | undefined
}

/** Why the first of these looks like an accident beside the second; `undefined` when it does not. */
export type MassChange<T> = (live: T, reference: T) => string | undefined
