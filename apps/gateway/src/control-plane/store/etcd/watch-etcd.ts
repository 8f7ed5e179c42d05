import type { Clock, Logger } from '@outlast/snapshot'

import type { WatchBatch, WatchOptions } from '../config-store.ts'
import { StoreError } from '../store-error.ts'
import { eventsOf } from '../store-event.ts'
import type { EtcdSession } from './etcd-session.ts'
import { mapEtcdError } from './map-etcd-error.ts'
import { followEndpoint, type Patience } from './follow-endpoint.ts'
import { lastMark, type RevisionMark } from './revision-mark.ts'

const leastPauseMs = 50
const longestPauseMs = 2_000

/**
 * What happens in a span, whatever becomes of single members: a connection that fails is replaced by one to another member,
 * which goes on with the next revision. While there is none, nothing is told. Throws `StoreError` when the store is closed
 * or has become another one.
 */
export async function* watchEtcd(
  options: WatchOptions & {
    readonly session: EtcdSession
    readonly patience: Patience
    readonly clock: Clock
    readonly logger: Logger
  },
): AsyncGenerator<WatchBatch, void, undefined> {
  const { session, patience, clock, logger, keys, signal } = options
  const generation = session.generation()
  const ended = AbortSignal.any([signal, generation])
  // An empty etcd has revision 1: nothing has happened then.
  let startRevision = Math.max(2, options.startRevision)
  let mark: RevisionMark | undefined
  let failures = 0

  while (!signal.aborted) {
    generation.throwIfAborted()
    try {
      for await (const batch of followEndpoint({ session, startRevision, mark, patience, signal: ended })) {
        if (failures > 0) logger.info({ startRevision }, 'the watch of etcd goes on')
        failures = 0
        if (batch.type === 'compacted') {
          yield batch
          return
        }
        startRevision = batch.revision + 1
        mark = lastMark(batch.events) ?? mark
        yield { ...batch, events: eventsOf(batch.events, keys) }
      }
    } catch (error) {
      if (ended.aborted) continue
      const mapped = mapEtcdError(error)
      if (!StoreError.isInstance(mapped)) throw mapped
      if (failures === 0) logger.warn({ startRevision, reason: mapped.message }, 'the watch of etcd is interrupted')
      failures += 1
      const pauseMs = Math.min(longestPauseMs, leastPauseMs * 2 ** failures)
      await clock.sleep(pauseMs, { signal: ended }).catch(() => undefined)
    }
  }
}
