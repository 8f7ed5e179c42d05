import { performance } from 'node:perf_hooks'
import { settled } from './settled.ts'

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

export interface TurnOptions {
  /** How far the clock is turned at a time. Default 50. */
  readonly stepMs?: number
  /** How far at most. Default one hour. */
  readonly withinMs?: number
}

const hourMs = 3_600_000

/**
 * A clock that stands still until it is turned: then everybody wakes in order, at exactly the time that was asked for, and
 * has done all that there is to do before the next one wakes.
 *
 * It fits wherever a package takes a clock. A test file that turns one imports `@outlast/virtual-time/at-once` first.
 */
export class HandClock {
  #now: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { due: this.#now + ms, wake: resolve }
    const onAbort = (): void => {
      reject(signal?.reason)
    }
    this.#sleepers.add(sleeper)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } finally {
      this.#sleepers.delete(sleeper)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** How many sleep right now; 0 after everything was stopped. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  /** Sets the time without waking anybody, as when a machine's clock is corrected. */
  set(now: number): void {
    this.#now = now
  }

  /** Turns the clock, and lets everything that wakes on the way do its work. */
  async turn(ms: number): Promise<void> {
    const end = this.#now + ms
    await atRest()
    for (;;) {
      const next = this.#first()
      if (next === undefined || next.due > end) break
      this.#now = Math.max(this.#now, next.due)
      this.#sleepers.delete(next)
      next.wake()
      await settled()
    }
    this.#now = end
  }

  /** Turns on in small steps until the assertion no longer throws. Gives up with what it threw last. */
  async turnUntil(assertion: () => unknown, { stepMs = 50, withinMs = hourMs }: TurnOptions = {}): Promise<void> {
    await atRest()
    for (let turnedMs = 0; ; turnedMs += stepMs) {
      try {
        await assertion()
        return
      } catch (error) {
        if (turnedMs >= withinMs) throw error
      }
      await this.turn(stepMs)
    }
  }

  /** Turns on, from one who wakes to the next, until the work has ended, however it ends. Rejects when it never does. */
  async turnUntilSettled(
    work: Promise<unknown>,
    { withinMs = hourMs }: Pick<TurnOptions, 'withinMs'> = {},
  ): Promise<void> {
    const ended = new AbortController()
    const end = (): void => {
      ended.abort()
    }
    work.then(end, end)
    await atRest()
    const givenUpAt = this.#now + withinMs
    while (!ended.signal.aborted) {
      const next = this.#first()
      if (next === undefined) throw new Error('nobody sleeps, and yet the work has not ended')
      if (next.due > givenUpAt) throw new Error(`the work did not end within ${withinMs} ms of the clock`)
      await this.turn(Math.max(0, next.due - this.#now))
    }
  }

  #first(): Sleeper | undefined {
    // The earlier one sleeps, the earlier one wakes, of those who wake at the same time.
    return [...this.#sleepers].toSorted((left, right) => left.due - right.due)[0]
  }
}

async function atRest(): Promise<void> {
  if (performance === globalThis.performance)
    throw new Error("import '@outlast/virtual-time/at-once' before everything else")
  await settled()
}
