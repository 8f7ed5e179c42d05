import { setImmediate as nextTurn, setTimeout as realDelay } from 'node:timers/promises'
import type { Clock } from '@outlast/snapshot'

/** A clock that stands still until somebody turns it. */
export interface HandTurnedClock extends Clock {
  /** Moves time on, waking sleepers in order, and lets them act. */
  advance(ms: number): Promise<void>
  /** Turns on in small steps until the promise has settled, with real pauses for what is not asleep. Never rejects. */
  turnUntilSettled(promise: Promise<unknown>): Promise<void>
  /** Sets the time without waking anybody. */
  set(now: number): void
  /** How many are asleep. */
  sleepers(): number
}

export function handTurnedClock(start = Date.UTC(2026, 0, 1)): HandTurnedClock {
  let now = start
  const sleeping = new Set<{ readonly wakeAt: number; readonly wake: () => void }>()

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
  }

  const advance = async (ms: number): Promise<void> => {
    const end = now + ms
    await settle()
    for (;;) {
      const [next] = [...sleeping].toSorted((a, b) => a.wakeAt - b.wakeAt)
      if (next === undefined || next.wakeAt > end) break
      now = Math.max(now, next.wakeAt)
      sleeping.delete(next)
      next.wake()
      await settle()
    }
    now = end
    await settle()
  }

  return {
    now: () => now,
    advance,
    turnUntilSettled: async (promise) => {
      const settled = new AbortController()
      void promise
        .catch(() => undefined)
        .then(() => {
          settled.abort()
        })
      while (!settled.signal.aborted) {
        await advance(20)
        await realDelay(1)
      }
    },
    set: (time) => {
      now = time
    },
    sleepers: () => sleeping.size,
    sleep: async (ms, options) => {
      const signal = options?.signal
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sleeper = { wakeAt: now + ms, wake: resolve }
      const abort = (): void => {
        reject(signal?.reason)
      }
      sleeping.add(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
      try {
        await promise
      } finally {
        sleeping.delete(sleeper)
        signal?.removeEventListener('abort', abort)
      }
    },
  }
}
