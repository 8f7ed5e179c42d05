import { setTimeout as wait } from 'node:timers/promises'

import { StorageError } from '@outlast/storage'

const pauseMs = 50

/** Repeats a call that fails with a `retryable` error until it succeeds, for this long at most. */
export async function insist<T>(call: () => Promise<T>, withinMs: number): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(StorageError.isInstance(error) && error.retryable) || performance.now() > endMs) throw error
      await wait(pauseMs)
    }
  }
}
