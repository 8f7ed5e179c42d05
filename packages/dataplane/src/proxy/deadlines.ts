/** Something that may wait too long. */
export interface Waiting {
  /** `now`: of the clock that it was told to count with. */
  checkDeadlines(now: number): void
}

/** The deadline of what may take for ever. */
export const never: number = Number.POSITIVE_INFINITY

/** How late a deadline may be noticed. */
const tickMs = 100

/**
 * One coarse clock for all connections of a proxy, in place of timers of their own: to move a deadline is to write a
 * number. A deadline is never met early, and up to two ticks late.
 */
export class Deadlines {
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined
  #tickedAt = 0
  #now = 0

  /** What is to be written down as the deadline for something that may take `ms`. */
  after(ms: number): number {
    return this.#now + ms + tickMs
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting)
    if (this.#timer !== undefined) return
    this.#tickedAt = performance.now()
    this.#timer = setInterval(() => this.#tick(), tickMs)
    this.#timer.unref()
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  #tick(): void {
    const at = performance.now()
    // While this process stood still nobody was kept waiting by a peer: what had come by then is only read now.
    this.#now += Math.min(at - this.#tickedAt, 2 * tickMs)
    this.#tickedAt = at
    for (const waiting of this.#waiting) waiting.checkDeadlines(this.#now)
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
