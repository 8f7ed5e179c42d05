import { stat } from 'node:fs/promises'
import type { Clock } from '@outlast/snapshot'

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** A clock that stands still until it is turned. */
export class HandClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z')
  #sleepers: Sleeper[] = []

  now(): number {
    return this.#now
  }

  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { due: this.#now + ms, wake: resolve }
    const onAbort = (): void => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
      reject(signal?.reason)
    }
    this.#sleepers.push(sleeper)
    signal?.addEventListener('abort', onAbort, { once: true })
    await promise
    signal?.removeEventListener('abort', onAbort)
  }

  /** How many sleep right now; 0 after everything was stopped. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** Turns the clock, and lets everything that wakes on the way do its work. */
  async turn(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = this.#sleepers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.due)
      this.#sleepers = this.#sleepers.filter((other) => other !== next)
      next.wake()
      await settled()
    }
    this.#now = end
  }
}

/** Lets promises and work in the thread pool (compression) come to rest. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 30; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    // Goes through the thread pool too, behind what waits there.
    if (round % 3 === 0) await stat('.')
  }
}

/** Waits, in real time, for something that will come true without the clock being turned. */
export async function until(isTrue: () => boolean, what: string | (() => string)): Promise<void> {
  const givenUpAt = Date.now() + 10_000
  while (!isTrue()) {
    if (Date.now() > givenUpAt) throw new Error(`never came true: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
