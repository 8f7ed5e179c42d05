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
  type SnapshotStore,
} from '@outlast/snapshot'
import { createAgenda } from './agenda.ts'
import { cycleRunner } from './cycle-runner.ts'
import { exportLoop } from './export-loop.ts'
import type { ExportOutcome } from './export-outcome.ts'
import type { ExporterStatus } from './export-status.ts'
import { ExporterError } from './exporter-error.ts'
import { parseSchedule } from './schedule.ts'
import { unprotected } from './unprotected.ts'

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
  /** Quiet time after a change before it is exported. Default 100 ms; a burst is exported at most this long times ten after its start. */
  readonly debounceMs?: number | undefined
  /** How long the source may take to answer. Default 60,000 ms. */
  readonly loadTimeoutMs?: number | undefined
  /** Called once whenever the exporter begins to hold, or holds for another reason. Not waited for; when it fails, that is logged. */
  readonly onHeld?:
    | ((held: {
        readonly reason: string
        readonly domain: Domain
        readonly diff: EntryChanges & { readonly summary: string }
      }) => unknown)
    | undefined
  /** Called for every new snapshot. Not waited for; when it fails, that is logged. */
  readonly onPublished?: ((published: { readonly domain: Domain; readonly manifest: Manifest }) => unknown) | undefined
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
  /** Lets the cycle in flight end, then stops. */
  stop(): Promise<void>
  /** Asks for an export soon (debounced). */
  trigger(): void
  /**
   * One cycle now, after the one in flight. Rejects with `StorageError`, `SnapshotError`, `SourceError` or `ExporterError`,
   * with the signal's reason, or with `TypeError` when the source's entries are no configuration.
   */
  exportOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<ExportOutcome>
  status(): ExporterStatus
}

/** Keeps a snapshot store equal to a source. Throws `ScheduleError` when the schedule cannot be understood. */
export function createExporter(options: ExporterOptions): Exporter {
  const { clock = systemClock, logger = silentLogger, random = Math.random, debounceMs = 100 } = options
  const agenda = createAgenda({ schedule: parseSchedule(options.schedule), debounceMs, now: clock.now() })
  let started = false

  const runner = cycleRunner({
    ...options,
    protectionOf: options.fields ?? unprotected,
    clock,
    logger,
    random,
    loadTimeoutMs: options.loadTimeoutMs ?? 60_000,
    onChange: () => {
      loop.trigger()
    },
  })
  const loop = exportLoop({
    agenda,
    clock,
    run: async (signal) => await runner.attempt(signal),
    retryMs: (failures) => backOffMs({ failures, firstMs: 1_000, limitMs: 60_000, random }),
  })

  const stop = async (): Promise<void> => {
    runner.unwatch()
    await loop.stop()
  }

  return {
    start: async ({ signal } = {}) => {
      if (started) throw new ExporterError('already-started', 'an exporter starts once; create another one')
      started = true
      if (signal?.aborted === true) return
      const onAbort = (): void => {
        void stop()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      runner.watch()
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
    status: () => ({ ...runner.status(), running: loop.isRunning(), nextRunAt: loop.nextRunAt() }),
  }
}
