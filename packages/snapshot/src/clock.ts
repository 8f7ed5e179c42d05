import { setTimeout as delay } from 'node:timers/promises'

/** Time as a dependency, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * Resolves after `ms`; rejects with the signal's reason when aborted. Keeps the process alive until then: a program
   * whose exporter or data plane runs does not end by itself.
   */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, options) => {
    await delay(ms, undefined, { signal: options?.signal }).catch((error: unknown) => {
      options?.signal?.throwIfAborted()
      throw error
    })
  },
}
