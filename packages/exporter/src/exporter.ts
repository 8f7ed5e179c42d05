import {
  backOffMs,
  silentLogger,
  systemClock,
  type Clock,
  type ConfigSource,
  type Domain,
  type EntryChanges,
  type Logger,
  type Manifest,
  type ProtectionOf,
  type PruneReport,
  type SnapshotStore,
} from '@outlast/snapshot'
import { createAgenda } from './schedule/agenda.ts'
import { cycleRunner, type EndedCycle } from './cycle-runner.ts'
import type { ExportOutcome } from './export-outcome.ts'
import type { ExporterStatus } from './export-status.ts'
import { ExporterError } from './exporter-error.ts'
import { keepReplica, type ReplicaOptions, type ReplicaStatus } from './background/keep-replica.ts'
import { keepRetention, type RetentionOptions } from './background/keep-retention.ts'
import { keepVerified } from './background/keep-verified.ts'
import { parseSchedule } from './schedule/schedule.ts'
import { taskLoop } from './schedule/task-loop.ts'
import { unprotected } from './source/unprotected.ts'
import { contentValidation, type ValidateContent } from './background/validate-content.ts'

const defaultJitterMs = 5_000
const defaultVerifyEveryMs = 3_600_000

export interface ExporterOptions {
  readonly store: SnapshotStore
  readonly source: ConfigSource
  /**
   * How fields of resources are encrypted, by the instance configuration that is published with them. Without it they
   * are stored as the source has them.
   */
  readonly fields?: ProtectionOf | undefined
  /** robfig/cron grammar: `@every 1m`, `@hourly`, five or six fields, `CRON_TZ=…`; or an interval. */
  readonly schedule: string | { readonly everyMs: number }
  /**
   * Runs of the schedule are put off by a random time up to this, so that exporters of one tick do not all ask their
   * store at the same instant; and by a tenth of the time between two runs at most. Default 5,000 ms.
   */
  readonly jitterMs?: number | undefined
  /** Quiet time after a change before it is exported. Default 100 ms; a burst is exported at most this long times ten after its start. */
  readonly debounceMs?: number | undefined
  /** How long the source may take to answer. Default 60,000 ms. */
  readonly loadTimeoutMs?: number | undefined
  /** Other stores that get a copy of every snapshot, in the background: none of them delays an export. */
  readonly replicas?: readonly ReplicaOptions[] | undefined
  /** Deletes old snapshots from time to time, which needs the right to delete. Default: nothing is deleted. */
  readonly retention?: RetentionOptions | undefined
  /**
   * How often all parts of the newest snapshots are read and compared with what was stored, the first time after a random
   * part of it. What is lost or damaged is uploaded again. `false` for never. Default one hour.
   */
  readonly verifyEveryMs?: number | false | undefined
  /**
   * Finds what a gateway would stumble over in what was published, in the background. It is backed up all the same: one
   * team's mistake must not stop everybody's backup. For APISIX: `stepwiseValidation()` of `@outlast/snapshot/apisix`.
   */
  readonly validate?: ValidateContent | undefined
  /** Called once whenever the exporter begins to hold, or begins to hold for a reason of another sort. Not waited for; when it fails, that is logged. */
  readonly onHeld?:
    | ((held: {
        readonly reason: string
        readonly domain: Domain
        readonly diff: EntryChanges & { readonly summary: string }
      }) => unknown)
    | undefined
  /** Called for every new snapshot. Not waited for; when it fails, that is logged. */
  readonly onPublished?: ((published: { readonly domain: Domain; readonly manifest: Manifest }) => unknown) | undefined
  /** Called after every cycle, for metrics. Not waited for; when it fails, that is logged. */
  readonly onCycle?: ((cycle: EndedCycle) => unknown) | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Between 0 and 1, for jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

export interface Exporter {
  /**
   * Exports at once, then on schedule and on change, until the signal or `stop`. Resolves when the first attempt has ended, well or not.
   * Failures are recorded in `status()`, logged, and tried again. The signal also ends the cycle in flight.
   * Rejects with `ExporterError` `already-started` when called twice.
   */
  start(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Lets the cycle in flight end, then stops. Copies to replicas are broken off; the next exporter completes them. */
  stop(): Promise<void>
  /** Asks for an export soon (debounced). */
  trigger(): void
  /**
   * One cycle now, after the one in flight. Rejects with `StorageError`, `SnapshotError`, `SourceError` or `ExporterError`,
   * with the signal's reason, or with `TypeError` when the source's entries are no configuration.
   */
  exportOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<ExportOutcome>
  /**
   * One copy to each replica now, all at the same time, after those in flight. Never rejects: what came of it is in the
   * status of each.
   */
  replicateOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly ReplicaStatus[]>
  status(): ExporterStatus
}

/**
 * Keeps a snapshot store equal to a source. Throws `ScheduleError` when the schedule cannot be understood, `RangeError` for
 * a retention that keeps nothing, and `TypeError` for a replica that is the store itself.
 */
export function createExporter(options: ExporterOptions): Exporter {
  const { clock = systemClock, logger = silentLogger, random = Math.random, debounceMs = 100 } = options
  const { store, retention, verifyEveryMs = defaultVerifyEveryMs } = options
  const pieces = { store, clock, logger, random }
  const agenda = createAgenda({
    schedule: parseSchedule(options.schedule),
    debounceMs,
    jitterMs: options.jitterMs ?? defaultJitterMs,
    random,
    firstAt: clock.now(),
  })
  let started = false

  const runner = cycleRunner({
    ...options,
    protectionOf: options.fields ?? unprotected,
    clock,
    logger,
    random,
    loadTimeoutMs: options.loadTimeoutMs ?? 60_000,
    // As long as verification works, no export has to wait for one.
    verifiedWithinMs: verifyEveryMs === false ? Infinity : verifyEveryMs * 2,
    onNewest: (domain, sequence) => {
      for (const replica of replicas) replica.published(domain, sequence)
    },
    onStored: (state, isNew) => {
      content?.look(state, isNew)
    },
    onChange: () => {
      loop.trigger()
    },
  })
  const loop = taskLoop({
    agenda,
    clock,
    run: async (signal) => await runner.attempt(signal),
    retryMs: (failures) => backOffMs({ failures, firstMs: 1_000, limitMs: 60_000, random }),
  })

  const onPruned = (report: PruneReport): void => {
    runner.record.pruned(report)
  }
  const replicas = (options.replicas ?? []).map((replica) => keepReplica({ ...pieces, replica, onPruned }))
  const pruning =
    retention &&
    keepRetention({
      ...pieces,
      retention,
      onPruned,
      onTime: (rule) => {
        for (const replica of replicas) replica.prune(rule)
      },
    })
  const verification =
    verifyEveryMs === false
      ? undefined
      : keepVerified({
          ...pieces,
          everyMs: verifyEveryMs,
          onLost: () => {
            loop.trigger()
          },
        })
  const background = [...replicas, pruning, verification].filter((task) => task !== undefined)

  const content =
    options.validate && contentValidation({ group: store.group, validate: options.validate, clock, logger })

  const stopped = new AbortController()
  const stop = async (): Promise<void> => {
    stopped.abort()
    runner.unwatch()
    await Promise.all([loop, ...background].map(async (task) => task.stop()))
    await content?.stop()
  }

  return {
    start: async ({ signal } = {}) => {
      if (started) throw new ExporterError('already-started', 'an exporter starts once; create another one')
      started = true
      if (signal?.aborted === true) return
      const onAbort = (): void => {
        void stop()
      }
      signal?.addEventListener('abort', onAbort, { once: true, signal: stopped.signal })
      runner.watch()
      for (const task of background) task.start()
      await loop.start(signal)
    },
    stop: async () => {
      started = true
      await stop()
    },
    trigger: () => {
      loop.trigger()
    },
    exportOnce: async ({ signal } = {}) => await runner.exportOnce(signal),
    replicateOnce: async ({ signal } = {}) => {
      await Promise.all(replicas.map(async (replica) => replica.copyOnce(signal)))
      return replicas.map((replica) => replica.status())
    },
    status: () => ({
      ...runner.status(),
      running: loop.isRunning(),
      nextRunAt: loop.nextRunAt(),
      replicas: replicas.map((replica) => replica.status()),
      verification: verification?.status(),
      retention: pruning?.status(),
      content: content?.status(),
    }),
  }
}
