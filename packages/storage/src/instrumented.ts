import { endOfFailure, succeeded, type CallEnd } from './call-end.ts'
import type { StorageAdapter } from './storage-adapter.ts'
import { watched, type CallSubject, type WatchedListing } from './watched.ts'

/** A call that has ended. */
export interface StorageCall extends CallSubject, CallEnd {
  /** How long the caller waited for the store: for a listing, without the time that it spent on the keys itself. */
  readonly durationMs: number
}

export interface InstrumentedOptions {
  /** Milliseconds since whenever. Default `performance`. */
  readonly clock?: { now(): number } | undefined
}

/**
 * Tells of every call once it has ended, for counters and histograms. A listing is one call, which ends after its last key
 * or when nobody wants another. What `onCall` throws is dropped: a broken counter must not break the call.
 *
 * Around `withRetry` it counts what the caller sees, inside of it each attempt.
 */
export function instrumented(
  adapter: StorageAdapter,
  onCall: (call: StorageCall) => void,
  { clock = performance }: InstrumentedOptions = {},
): StorageAdapter {
  function tell(subject: CallSubject, durationMs: number, end: CallEnd): void {
    try {
      onCall({ ...subject, durationMs, ...end })
    } catch {
      // The call has its own outcome, and that is what its caller gets.
    }
  }

  async function* listing({ subject, signal, keys }: WatchedListing): AsyncGenerator<string, void, undefined> {
    let durationMs = 0
    let end = succeeded
    let askedAt = clock.now()
    try {
      for await (const key of keys) {
        durationMs += clock.now() - askedAt
        yield key
        askedAt = clock.now()
      }
      durationMs += clock.now() - askedAt
    } catch (error) {
      durationMs += clock.now() - askedAt
      end = endOfFailure(error, signal)
      throw error
    } finally {
      tell(subject, durationMs, end)
    }
  }

  return watched(adapter, {
    async call({ subject, signal, run, endOf }) {
      const startedAt = clock.now()
      try {
        const answer = await run()
        tell(subject, clock.now() - startedAt, endOf(answer))
        return answer
      } catch (error) {
        tell(subject, clock.now() - startedAt, endOfFailure(error, signal))
        throw error
      }
    },
    listing,
  })
}
