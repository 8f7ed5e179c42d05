import { errorMessage, type Clock, type DecidedBy, type Logger } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import type { ControlResult, DataPlaneControl } from './data-plane-control.ts'
import { loadFromAny } from './load-from-any.ts'
import type { OrderBook } from './order-book.ts'
import type { Order, Orders } from './orders.ts'
import type { PinnedSnapshot } from './pinned-snapshot.ts'
import type { StoreFollower } from './store-follower.ts'

export interface OperatorControlOptions {
  readonly book: OrderBook
  readonly pinned: PinnedSnapshot
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly stores: () => readonly StoreFollower[]
  /** Digest of what is in effect. */
  readonly running: () => string | undefined
  /** What is held and may be accepted. */
  readonly acceptable: () => Candidate | undefined
  /** Takes floors away, and resolves with whether for good; `undefined` when there were none. */
  readonly resetFloors: () => Promise<boolean | undefined>
  /** Asks every source now. */
  readonly fetch: () => void
  /** Called when orders have changed. */
  readonly onChange: () => void
}

/** The orders of operators, from their words to the order book. */
export function operatorControl(options: OperatorControlOptions): DataPlaneControl {
  const { book, pinned, clock, logger, signal, onChange } = options

  function audit(verb: string, by: DecidedBy, more: object, outcome: object): void {
    logger.info({ audit: verb, actor: by.actor, reason: by.reason, ...more, ...outcome }, 'operator control')
  }

  function refused(verb: string, by: DecidedBy, reason: string): ControlResult {
    audit(verb, by, {}, { refused: reason })
    return { status: 'refused', reason }
  }

  async function order(
    verb: string,
    by: DecidedBy,
    change: Partial<Orders>,
    more: object = {},
  ): Promise<ControlResult> {
    // In the log before it is obeyed.
    audit(verb, by, more, {})
    const saved = book.replace({ ...book.orders, ...change })
    onChange()
    return { status: 'done', outlives: await saved }
  }

  function ordered({ actor, reason }: DecidedBy): Order {
    return { actor, reason, at: clock.now() }
  }

  function ending(verb: string, name: keyof Orders, notThere: string): (by: DecidedBy) => Promise<ControlResult> {
    return async (by) =>
      book.orders[name] === undefined ? refused(verb, by, notThere) : order(verb, by, { [name]: undefined })
  }

  return {
    async pin(sequence, by) {
      const found = await loadFromAny(options.stores(), sequence, { signal }).catch((error: unknown) =>
        errorMessage(error),
      )
      if (typeof found === 'string') return refused('pin', by, found)
      const { digest } = found
      const pin = { ...ordered(by), sequence, digest }
      pinned.set(pin, found)
      return order('pin', by, { pinned: pin }, { sequence, digest })
    },
    unpin: ending('unpin', 'pinned', 'no snapshot is pinned'),
    async freeze(by) {
      const digest = options.running()
      if (digest === undefined) return refused('freeze', by, 'nothing is in effect yet')
      return order('freeze', by, { frozen: { ...ordered(by), digest } }, { digest })
    },
    unfreeze: ending('unfreeze', 'frozen', 'nothing is frozen'),
    standalone: async (by) => order('standalone', by, { standalone: ordered(by) }),
    auto: ending('auto', 'standalone', 'the node follows its control plane as it is'),
    async accept(by, { digest: wanted } = {}) {
      const held = options.acceptable()
      if (held === undefined) return refused('accept', by, 'nothing is held that a node may accept')
      const { identity, digest } = held
      if (wanted !== undefined && wanted !== digest)
        return refused('accept', by, 'the control plane says something else by now')
      return order('accept', by, { accepted: { ...ordered(by), identity, digest } }, { identity, digest })
    },
    async resetFloor(by) {
      const outlives = await options.resetFloors()
      if (outlives === undefined) return refused('reset-floor', by, 'there is no floor')
      audit('reset-floor', by, {}, {})
      options.fetch()
      return { status: 'done', outlives }
    },
    async fetchNow(by) {
      audit('fetch-now', by, {}, {})
      options.fetch()
      return { status: 'done', outlives: true }
    },
  }
}
