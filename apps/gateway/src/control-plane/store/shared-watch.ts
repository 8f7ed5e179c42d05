import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'

import { errorText } from '../../error-text.ts'
import { changeSignal } from './change-signal.ts'
import { everything, type ConfigStore, type WatchBatch, type WatchOptions } from './config-store.ts'
import { recentBatches, type RecentBatchesLimits } from './recent-batches.ts'
import { StoreError } from './store-error.ts'

export interface SharedWatchOptions extends Partial<RecentBatchesLimits> {
  /** Told when the store's watch is lost. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/** How much history is read at first, so that those who come back after a restart find what they have missed. */
const firstRevisions = 1_000
const retryMs = 200

/**
 * The same store with one watch, however many follow it. Recent batches are held once, within limits (10,000 events,
 * 16 Mi characters by default): a follower holds its place among them, however slow it is. One that falls behind them reads
 * the store's own history until it has caught up.
 *
 * While the store's watch is lost, followers are told nothing. When it is back they go on without a gap, or end as
 * `compacted`; when the store was replaced (`replaced`) or this is closed, they throw. Closing it closes the store.
 */
export function sharedWatch(store: ConfigStore, options: SharedWatchOptions = {}): ConfigStore {
  const { logger = silentLogger, clock = systemClock } = options
  const { maximumEvents = 10_000, maximumCharacters = 16 * 1024 * 1024 } = options
  const recent = recentBatches({ maximumEvents, maximumCharacters })
  const changed = changeSignal()
  const closed = new AbortController()
  /** Aborted with what followers throw. */
  let lineage = new AbortController()
  let upstream: Promise<void> | undefined
  let isLost = false

  /** Takes in batches until the history that it needs is gone, or it is closed. */
  const follow = async (): Promise<void> => {
    const { signal } = closed
    if (recent.first() === Infinity) {
      recent.restart(Math.max(2, (await store.revision({ signal })) + 1 - firstRevisions))
      changed.notify()
    }
    for await (const batch of store.watch({ keys: everything, startRevision: recent.last() + 1, signal })) {
      // Those who wait for what is gone are told so by the store itself.
      isLost = false
      if (batch.type === 'compacted') recent.restart(batch.compactRevision + 1)
      else recent.add(batch)
      changed.notify()
    }
  }

  const followAlways = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      try {
        await follow()
      } catch (error) {
        if (closed.signal.aborted) return
        const reason = errorText(error)
        if (StoreError.isInstance(error) && error.code === 'replaced') {
          logger.warn({ reason }, 'the store was replaced: whoever followed it has to read it again')
          recent.restart()
          const ended = lineage
          lineage = new AbortController()
          ended.abort(error)
        } else if (!isLost) {
          logger.warn({ reason }, 'the watch of the store is lost: followers wait')
          isLost = true
        }
        await clock.sleep(retryMs, { signal: closed.signal }).catch(() => undefined)
      }
    }
  }

  async function* watch({ keys, startRevision, signal }: WatchOptions): AsyncGenerator<WatchBatch, void, undefined> {
    const { signal: lost } = lineage
    const ended = AbortSignal.any([signal, lost])
    upstream ??= followAlways()
    let next = startRevision
    while (!signal.aborted) {
      lost.throwIfAborted()
      if (next > recent.last()) {
        await changed.next(ended)
      } else if (next >= recent.first()) {
        const batch = recent.read(keys, next)
        next = batch.revision + 1
        yield batch
      } else {
        for await (const batch of storedHistory({ keys, startRevision: next, signal: ended })) {
          yield batch
          if (batch.type === 'compacted') return
          next = batch.revision + 1
          if (next >= recent.first()) break
        }
      }
    }
  }

  /** Batches of the store's own watch that bring something; returns when that fails, a moment later. */
  async function* storedHistory(wanted: WatchOptions): AsyncGenerator<WatchBatch, void, undefined> {
    try {
      for await (const batch of store.watch(wanted)) {
        if (batch.type === 'compacted' || batch.revision >= wanted.startRevision) yield batch
      }
    } catch (error) {
      if (!StoreError.isInstance(error) || error.code !== 'unavailable') throw error
      await clock.sleep(retryMs, { signal: wanted.signal }).catch(() => undefined)
    }
  }

  return {
    range: async (rangeOptions) => store.range(rangeOptions),
    transaction: async (transactionOptions) => store.transaction(transactionOptions),
    watch,
    compact: async (compactOptions) => store.compact(compactOptions),
    revision: async (callOptions) => store.revision(callOptions),
    identity: async (callOptions) => store.identity(callOptions),
    async close() {
      const error = new StoreError('unavailable', 'the store is closed')
      closed.abort(error)
      lineage.abort(error)
      await upstream
      await store.close()
    },
  }
}
