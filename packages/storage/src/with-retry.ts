import pRetry, { type RetryContext } from 'p-retry'

import { overloadedGet } from './overloaded-get.ts'
import { resumedList } from './resumed-list.ts'
import type { StorageAdapter } from './storage-adapter.ts'
import { StorageError } from './storage-error.ts'

export interface RetryOptions {
  /** Attempts after the first one. Default 3. */
  readonly retries?: number | undefined
  /** Wait before the first retry, in milliseconds; doubled each time and multiplied by a random 1 to 2. Default 100. */
  readonly minimumDelayMs?: number | undefined
  /**
   * Longest wait between two attempts, in milliseconds. Each call draws its own, from half of this upwards: callers that
   * failed together do not come back together, however long it takes. Default 5,000.
   */
  readonly maximumDelayMs?: number | undefined
  /** Time from the first attempt after which none is started any more, in milliseconds. Default 30,000. */
  readonly budgetMs?: number | undefined
  /** Told before each wait, for logs and counters. Must not throw. */
  onRetry?(retry: { readonly error: StorageError; readonly attempt: number; readonly delayMs: number }): void
}

/**
 * Repeats calls that failed with a `retryable` error, with growing, random waits and within a budget.
 *
 * A create-only `put` is repeated too, but never claims more than it knows: an attempt that seemed to fail
 * may have created the object. When a *repeated* attempt finds the key taken, the call rejects with
 * `conflict`, not retryable: the outcome is unknown, read the key to learn whose object it is. An
 * `already-exists` therefore always means that somebody else was first. Whatever else a `put` rejects with, such as
 * `no-space`, speaks for its last attempt: one before may have stored the bytes.
 *
 * A listing that breaks off is taken up again after the last key that it gave; the budget is per step.
 */
export function withRetry(adapter: StorageAdapter, options: RetryOptions = {}): StorageAdapter {
  const run = <T>(signal: AbortSignal | undefined, attempt: (number: number) => Promise<T>): Promise<T> =>
    pRetry(attempt, { ...retrySettings(options), signal })

  return {
    name: adapter.name,
    capabilities: adapter.capabilities,
    get: overloadedGet(async (key, getOptions) => run(getOptions.signal, () => adapter.get(key, getOptions))),
    async put(key, bytes, putOptions = {}) {
      return run(putOptions.signal, async (attempt) => {
        try {
          return await adapter.put(key, bytes, putOptions)
        } catch (error) {
          throw attempt > 1 ? withUnknownOutcome(error) : error
        }
      })
    },
    list: (prefix, listOptions = {}) => resumedList({ adapter, run, prefix, ...listOptions }),
    async delete(key, callOptions = {}) {
      return run(callOptions.signal, () => adapter.delete(key, callOptions))
    },
  }
}

function retrySettings(options: RetryOptions): Parameters<typeof pRetry>[1] {
  const { retries = 3, minimumDelayMs = 100, maximumDelayMs = 5_000, budgetMs = 30_000 } = options
  return {
    retries,
    minTimeout: minimumDelayMs,
    // Of waits that grow, p-retry makes only those random that are shorter than the longest.
    maxTimeout: (maximumDelayMs * (1 + Math.random())) / 2,
    maxRetryTime: budgetMs,
    randomize: true,
    shouldRetry({ error, attemptNumber, retryDelay }: RetryContext) {
      if (!StorageError.isInstance(error) || !error.retryable) return false
      options.onRetry?.({ error, attempt: attemptNumber, delayMs: retryDelay })
      return true
    },
  }
}

function withUnknownOutcome(error: unknown): unknown {
  if (!StorageError.isInstance(error) || error.code !== 'already-exists') return error
  const { operation, key, storage } = error
  const message = `${error.message}, after an attempt of unknown outcome: it may be our own`
  return new StorageError({ code: 'conflict', message, operation, key, storage, retryable: false, cause: error })
}
