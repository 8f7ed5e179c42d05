export interface Waiting<T> {
  readonly item: T
  /** Items with equal keys are the same thing, told again. */
  readonly key: string
  /** Since when, in milliseconds since the Unix epoch. */
  readonly since: number
}

/**
 * What waits to be old enough, from the newest that is to the newest of all. Where many come while the first of them waits,
 * some are left out, so that there are never more than a few.
 */
export class Ripening<T> {
  #ripe: T | undefined
  /** Oldest first; each has waited longer than the one after it. */
  readonly #waiting: Waiting<T>[] = []

  get waiting(): readonly Waiting<T>[] {
    return this.#waiting
  }

  /**
   * Takes note of what there is now. Two that wait are `spacingMs` apart, but for the newest. What has waited no longer than
   * this is left out: it could never be the newest that is old enough. So a clock that was set back stops nothing for ever.
   */
  see(told: Waiting<T>, spacingMs: number): void {
    const known = this.#waiting.at(-1)
    const since = known?.key === told.key ? Math.min(known.since, told.since) : told.since
    while (this.#waiting.some((waiting) => waiting.since >= since)) this.#waiting.pop()
    const [before, last] = [this.#waiting.at(-2), this.#waiting.at(-1)]
    const isClose = before !== undefined && last !== undefined && last.since - before.since < spacingMs
    if (isClose) this.#waiting.pop()
    this.#waiting.push({ ...told, since })
  }

  /** The newest that need not wait. What is older than that is forgotten. */
  ripe(isRipe: (waiting: Waiting<T>) => boolean): T | undefined {
    const index = this.#waiting.findLastIndex(isRipe)
    const [newest] = this.#waiting.splice(0, index + 1).slice(-1)
    this.#ripe = newest?.item ?? this.#ripe
    return this.#ripe
  }

  /** There is nothing any more. */
  clear(): void {
    this.#ripe = undefined
    this.#waiting.length = 0
  }
}
