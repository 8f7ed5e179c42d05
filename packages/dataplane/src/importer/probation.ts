import type { Clock } from '@outlast/snapshot'

export interface ProbationOptions<T> {
  readonly clock: Clock
  /** How long something is to be in effect until it has passed. */
  readonly ms: number
  readonly signal: AbortSignal
  readonly onPassed: (item: T) => void
}

/**
 * Tells of what took effect once it has been there for a while. One at a time is watched, and then the newest; so with
 * changes that never cease there is always one that passes, and never more than two that are kept.
 */
export class Probation<T> {
  readonly #options: ProbationOptions<T>
  #newest: { readonly item: T } | undefined
  #isWatching = false

  constructor(options: ProbationOptions<T>) {
    this.#options = options
  }

  /** Took effect just now. After the signal it passes at once: nothing will happen to it any more. */
  add(item: T): void {
    this.#newest = { item }
    if (this.#options.signal.aborted) this.finish()
    else if (!this.#isWatching) void this.#watch()
  }

  /** Lets the newest pass now. */
  finish(): void {
    const newest = this.#newest
    this.#newest = undefined
    if (newest !== undefined) this.#options.onPassed(newest.item)
  }

  async #watch(): Promise<void> {
    const { clock, ms, signal, onPassed } = this.#options
    this.#isWatching = true
    for (let watched = this.#newest; watched !== undefined; watched = this.#newest) {
      await clock.sleep(ms, { signal }).catch(() => {})
      if (signal.aborted) break
      if (this.#newest === watched) this.#newest = undefined
      onPassed(watched.item)
    }
    this.#isWatching = false
  }
}
