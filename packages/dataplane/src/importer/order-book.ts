import { errorMessage, type Clock, type Logger } from '@outlast/snapshot'
import type { DataPlaneStatus } from './data-plane-status.ts'
import type { NodeNote } from './node-note.ts'
import { formatOrders, parseOrders, type Orders } from './orders.ts'
import { withDeadline } from './with-deadline.ts'

export interface OrderBookOptions {
  /** Where orders outlive the process; without it they end with it. */
  readonly note: NodeNote | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** A disk that hangs must keep neither a node from starting nor an operator from being obeyed. */
const noteDeadlineMs = 2_000

/** The orders that are in force, and their note on disk. Nothing here rejects. */
export class OrderBook {
  readonly #options: OrderBookOptions
  #orders: Orders = {}
  #saved: Promise<void> = Promise.resolve()
  #failure: DataPlaneStatus['ordersError']

  constructor(options: OrderBookOptions) {
    this.#options = options
  }

  get orders(): Orders {
    return this.#orders
  }

  /** Why the note could not be read or written the last time. */
  get failure(): DataPlaneStatus['ordersError'] {
    return this.#failure
  }

  /** Reads what was ordered before. To be called once, before everything else. */
  async load(): Promise<void> {
    const { note } = this.#options
    try {
      const text = await this.#bounded(async () => note?.read())
      // What was ordered since is newer than the note.
      if (text !== undefined) this.#orders = { ...parseOrders(text), ...this.#orders }
    } catch (error) {
      this.#fail(error, 'what operators have ordered could not be read: this node obeys nothing of it')
    }
  }

  /** Puts these in force at once. Resolves with whether they will outlive the process. */
  async replace(orders: Orders): Promise<boolean> {
    this.#orders = orders
    this.#saved = this.#saved.then(async () => this.#write())
    await this.#saved
    return this.#options.note !== undefined && this.#failure === undefined
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#saved
  }

  /** One after the other; each writes what is in force when its turn comes. */
  async #write(): Promise<void> {
    const { note } = this.#options
    try {
      await this.#bounded(async () => note?.write(formatOrders(this.#orders)))
      this.#failure = undefined
    } catch (error) {
      this.#fail(error, 'what an operator has ordered would not outlive this process')
    }
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options
    return withDeadline(work, { clock, deadlineMs: noteDeadlineMs, signal: new AbortController().signal })
  }

  #fail(error: unknown, what: string): void {
    const message = errorMessage(error)
    this.#options.logger.error({ error: message }, what)
    this.#failure = { at: this.#options.clock.now(), message }
  }
}
