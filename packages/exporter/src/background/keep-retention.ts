import {
  checkRetention,
  errorMessage,
  type Clock,
  type Logger,
  type PruneReport,
  type Retention,
  type SnapshotStore,
} from '@outlast/snapshot'
import { domains } from '../domains.ts'
import { periodicTask, type PeriodicTask } from './periodic-task.ts'

/** Which snapshots stay, and how often the others are deleted. */
export interface RetentionOptions extends Retention {
  /** Default one hour. */
  readonly everyMs?: number | undefined
}

const defaultEveryMs = 3_600_000

/** Thins the snapshots of a store, in the background. Throws `RangeError` for a retention that keeps nothing. */
export function keepRetention(options: {
  readonly store: SnapshotStore
  readonly retention: RetentionOptions
  readonly onPruned: (report: PruneReport) => void
  /** It is time to prune the replicas too. */
  readonly onTime: (retention: Retention) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
}): PeriodicTask {
  const { store, onPruned, onTime, clock, logger, random } = options
  const { everyMs = defaultEveryMs } = options.retention
  const retention = checkRetention(options.retention)
  const { group } = store

  return periodicTask({
    everyMs,
    // Soon, because processes may not live for long; at different times, because many start at once.
    firstAfterMs: (random() * everyMs) / 6,
    retry: { firstMs: everyMs / 60, limitMs: everyMs },
    clock,
    random,
    work: async (signal) => {
      onTime(retention)
      let failure: unknown
      for (const domain of domains) {
        try {
          const report = await store[domain].prune({ retention, signal })
          onPruned(report)
          const { manifests, parts } = report
          if (manifests + parts > 0) logger.info({ group, domain, snapshots: manifests, parts }, 'pruned old snapshots')
        } catch (error) {
          signal?.throwIfAborted()
          logger.warn({ group, domain, error: errorMessage(error) }, 'old snapshots could not be pruned')
          failure = error
        }
      }
      if (failure !== undefined) throw failure
      return 'well'
    },
    onFailure: () => undefined, // logged above, with the domain
  })
}
