import { tracingChannel } from 'node:diagnostics_channel'

import { endOfFailure, succeeded, type StorageOutcome } from './call-end.ts'
import type { StorageAdapter } from './storage-adapter.ts'
import { watched, type CallSubject, type WatchedCall, type WatchedListing } from './watched.ts'

/**
 * The context of the tracing channel `outlast.storage` of `node:diagnostics_channel`, on which every adapter that
 * `defineStorage` made publishes its calls: one object for all events of a call. No content of an object is in it.
 */
export interface StorageTrace extends CallSubject {
  /** Set when the call has ended. */
  outcome?: StorageOutcome
  /** Set when the call has ended. Of the object that was read or written; 0 when none was. */
  bytes?: number
  /** Set when the call has failed: what it rejects with. */
  error?: unknown
}

const channel = tracingChannel<unknown, StorageTrace>('outlast.storage')

/**
 * The same adapter, which publishes what it does. A listing is one call: it starts when the first key is asked for, and
 * ends after the last one, or when nobody wants another. Without subscribers this costs a look at the channel.
 */
export function traced(adapter: StorageAdapter): StorageAdapter {
  return watched(adapter, {
    call: async (call) => (channel.hasSubscribers ? tracedCall(call) : call.run()),
    listing: (listing) => (channel.hasSubscribers ? tracedListing(listing) : listing.keys),
  })
}

async function tracedCall<Answer>({ subject, signal, run, endOf }: WatchedCall<Answer>): Promise<Answer> {
  const trace: StorageTrace = { ...subject }
  // What the traced promise resolves with is published; so the answer, which may be content, goes past it.
  const answered = Promise.withResolvers<Answer>()
  await channel.tracePromise(async () => {
    try {
      const answer = await run()
      Object.assign(trace, endOf(answer))
      answered.resolve(answer)
    } catch (error) {
      Object.assign(trace, endOfFailure(error, signal))
      throw error
    }
  }, trace)
  return answered.promise
}

async function* tracedListing({ subject, signal, keys }: WatchedListing): AsyncGenerator<string, void, undefined> {
  const trace: StorageTrace = { ...subject }
  const ended = Promise.withResolvers<void>()
  // Whoever takes the keys is told of a failure.
  const published = channel.tracePromise(async () => ended.promise, trace).catch(() => {})
  let end = succeeded
  try {
    yield* keys
  } catch (error) {
    end = endOfFailure(error, signal)
    ended.reject(error)
    throw error
  } finally {
    // Also when nobody wants another key.
    Object.assign(trace, end)
    ended.resolve()
    await published
  }
}
