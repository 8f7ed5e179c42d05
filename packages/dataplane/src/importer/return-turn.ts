import type { Clock } from '@outlast/snapshot'

export interface ReturnTurnOptions {
  readonly clock: Clock
  /** From 0 to less than 1: the share of the jitter that this node waits. */
  readonly random: () => number
  readonly signal: AbortSignal
  /** How long a node waits at most, in milliseconds; with 0 it is always its turn. */
  readonly jitterMs: () => number
  /** Called when the turn has come. */
  readonly onTurn: () => void
}

/**
 * When a node that runs a snapshot may go back to its control plane: each node of a fleet at its own random moment, and
 * only if nothing has spoken against it since the wait began. So a control plane that comes and goes does not drag nodes
 * to and fro.
 */
export class ReturnTurn {
  readonly #options: ReturnTurnOptions
  #hasCome = false
  /** When somebody last wanted something. */
  #openedAt = -Infinity
  #waiting: { readonly jitterMs: number; readonly controller: AbortController } | undefined

  constructor(options: ReturnTurnOptions) {
    this.#options = options
  }

  get hasCome(): boolean {
    const { clock, jitterMs } = this.#options
    const openMs = clock.now() - this.#openedAt
    // Less than 0 when the clock was set back.
    const isOpen = openMs >= 0 && openMs < jitterMs()
    return this.#hasCome || jitterMs() === 0 || isOpen
  }

  /**
   * To be told after every look whether the node could return. The first `true` begins the wait, `false` ends it; when the
   * jitter is another by now it begins again.
   */
  observe(couldReturn: boolean): void {
    if (!couldReturn) this.#forget()
    else if (!this.#hasCome && this.#waiting?.jitterMs !== this.#options.jitterMs()) {
      this.#forget()
      void this.#wait()
    }
  }

  /** Somebody who looks after this node wants something now: no turn is awaited for as long as a wait lasts at most. */
  comeNow(): void {
    this.#openedAt = this.#options.clock.now()
  }

  async #wait(): Promise<void> {
    const { clock, random, signal, onTurn } = this.#options
    const jitterMs = this.#options.jitterMs()
    const controller = new AbortController()
    this.#waiting = { jitterMs, controller }
    const either = AbortSignal.any([signal, controller.signal])
    await clock.sleep(Math.round(random() * jitterMs), { signal: either }).catch(() => {})
    if (either.aborted) return
    this.#waiting = undefined
    this.#hasCome = true
    onTurn()
  }

  #forget(): void {
    this.#waiting?.controller.abort()
    this.#waiting = undefined
    this.#hasCome = false
  }
}
