import type { Clock, Logger } from '@outlast/snapshot'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { KeptNote } from './kept-note.ts'
import type { NodeNote } from './node-note.ts'
import { ordersNote, type Orders } from './orders.ts'

export interface OrderBookOptions {
  /** Where orders outlive the process; without it they end with it. */
  readonly note: NodeNote | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called when orders were read late. */
  readonly onRead: () => void
}

/** A disk that hangs must keep neither a node from starting nor an operator from being obeyed. */
const noteDeadlineMs = 2_000
const retryReadMs = 10_000

/** The orders that are in force, and their note on disk. Nothing here rejects. */
export class OrderBook {
  readonly #options: OrderBookOptions
  readonly #note: KeptNote | undefined
  #orders: Orders = {}
  /** What was ordered before is known, as far as it ever will be. */
  #isRead: boolean

  constructor(options: OrderBookOptions) {
    this.#options = options
    const { note, clock, logger, signal } = options
    this.#note =
      note &&
      new KeptNote({
        note,
        text: () => ordersNote.format(this.#orders),
        deadlineMs: noteDeadlineMs,
        clock,
        logger,
        signal,
        consequence: 'what operators have ordered cannot be read, or would not outlive this process',
      })
    this.#isRead = note === undefined
  }

  get orders(): Orders {
    return this.#orders
  }

  /** Why the note could not be read or written the last time. */
  get failure(): DataPlaneStatus['ordersError'] {
    return this.#note?.failure
  }

  /**
   * Reads what was ordered before. To be called once, before everything else. Resolves after one attempt; a disk that could
   * not be read is read again until it can.
   */
  async load(): Promise<void> {
    // Only the signal ends it early, and then nobody waits any more.
    if (!(await this.#read())) this.#readLater().catch(() => {})
  }

  /** Puts these in force at once. Resolves with whether they will outlive the process. */
  async replace(orders: Orders): Promise<boolean> {
    this.#orders = orders
    // Written before that, they would be all that is left of what was ordered.
    if (this.#note === undefined || !(await this.#read())) return false
    return this.#note.save()
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#note?.idle()
  }

  async #readLater(): Promise<void> {
    const { clock, signal, onRead } = this.#options
    do await clock.sleep(retryReadMs, { signal })
    while (!(await this.#read()))
    onRead()
    // What was ordered meanwhile.
    if (this.#note !== undefined) await this.#note.save()
  }

  /** Resolves with `false` when the disk could not be read. What is there but cannot be understood never will be. */
  async #read(): Promise<boolean> {
    if (this.#isRead || this.#note === undefined) return true
    try {
      const written = await this.#note.read(ordersNote.parse)
      // Another read may have ended meanwhile, and what was ordered since is newer than the note.
      if (!this.#isRead) this.#orders = { ...written, ...this.#orders }
      this.#isRead = true
    } catch (error) {
      this.#isRead ||= error instanceof SyntaxError
    }
    return this.#isRead
  }
}
