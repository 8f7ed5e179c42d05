import {
  errorMessage,
  backOffMs,
  type Clock,
  type ConfigSource,
  type Domain,
  type Logger,
  type Manifest,
  type ProtectionOf,
  type SnapshotStore,
} from '@outlast/snapshot'
import { continuity } from './continuity.ts'
import { exportCycle, type CycleResult } from './export-cycle.ts'
import type { ExportOutcome } from './export-outcome.ts'
import { statusRecord, type StatusRecord } from './export-status.ts'
import { ExporterError } from './exporter-error.ts'
import { holdNotices, type HeldNotice } from './hold-notices.ts'
import { domains } from './domains.ts'
import { followSource, type SourceFollower } from './source-follower.ts'

/** Runs export cycles one after the other, records how they end, and tells. */
export interface CycleRunner {
  exportOnce(signal: AbortSignal | undefined): Promise<ExportOutcome>
  /** The same, but a failure is only recorded and logged: it resolves with false. Never rejects. */
  attempt(signal: AbortSignal | undefined): Promise<boolean>
  /** From now on the source is followed, if it can be watched. */
  watch(): void
  unwatch(): void
  status(): ReturnType<StatusRecord['read']>
}

const attemptLimit = 10

export function cycleRunner(options: {
  readonly store: SnapshotStore
  readonly source: ConfigSource
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly loadTimeoutMs: number
  readonly onChange: () => void
  readonly onHeld?: ((notice: HeldNotice) => unknown) | undefined
  readonly onPublished?: ((published: { readonly domain: Domain; readonly manifest: Manifest }) => unknown) | undefined
}): CycleRunner {
  const { store, source, protectionOf, clock, logger, random, loadTimeoutMs, onChange } = options
  const { group } = store
  const status = statusRecord(clock)
  const published = continuity()
  let follower: SourceFollower | undefined
  let warned: string | undefined
  let queue: Promise<unknown> = Promise.resolve()

  /** An embedder's callback must not break the exporter, and is not waited for. Never rejects. */
  const tell = async <T>(callback: ((message: T) => unknown) | undefined, message: T): Promise<void> => {
    try {
      await callback?.(message)
    } catch (error) {
      logger.error({ group, error: errorMessage(error) }, 'a callback has thrown')
    }
  }
  const notices = holdNotices({
    group,
    logger,
    onHeld: (notice) => {
      void tell(options.onHeld, notice)
    },
  })

  const fail = (error: unknown, message: string): void => {
    status.failed(errorMessage(error))
    logger.error({ group, error: errorMessage(error) }, message)
  }

  /** Begins again as long as others are quicker. */
  const decide = async (signal: AbortSignal | undefined): Promise<Exclude<CycleResult, { status: 'lost' }>> => {
    for (let failures = 1; failures <= attemptLimit; failures++) {
      const result = await exportCycle({
        store,
        source,
        follower,
        continuity: published,
        protectionOf,
        clock,
        loadTimeoutMs,
        signal,
      })
      if (result.status !== 'lost') return result
      logger.debug({ group, failures }, 'another exporter was quicker')
      await clock.sleep(backOffMs({ failures, firstMs: 20, limitMs: 1_000, random }), { signal })
    }
    throw new ExporterError('contended', `other exporters were quicker ${String(attemptLimit)} times in a row`)
  }

  const announce = (outcome: ExportOutcome): void => {
    for (const domain of domains) {
      const result = outcome[domain]
      if (result.status !== 'published') continue
      const { sequence, position } = result.manifest
      logger.info({ group, domain, sequence, position }, 'published a snapshot')
      void tell(options.onPublished, { domain, manifest: result.manifest })
    }
  }

  const warn = (warning: string | undefined): void => {
    if (warning !== undefined && warning !== warned) logger.warn({ group }, warning)
    warned = warning
  }

  const cycle = async (signal: AbortSignal | undefined): Promise<ExportOutcome> => {
    signal?.throwIfAborted()
    status.attempted()
    try {
      const result = await decide(signal)
      status.ended(result)
      warn(result.state.fields.warning)
      announce(result.outcome)
      await notices.update(result)
      if (result.status === 'held') await showHeld(result.outcome, signal)
      return result.outcome
    } catch (error) {
      if (signal?.aborted !== true) fail(error, 'the export has failed')
      throw error
    }
  }

  const showHeld = async (outcome: ExportOutcome, signal: AbortSignal | undefined): Promise<void> => {
    for (const domain of domains) {
      const result = outcome[domain]
      if (result.status === 'held') await store[domain].heartbeat({ held: result.reason }, { signal })
    }
  }

  const exportOnce = async (signal: AbortSignal | undefined): Promise<ExportOutcome> => {
    const turn = queue.then(async () => await cycle(signal))
    queue = turn.catch(() => undefined)
    return await turn
  }

  return {
    exportOnce,
    attempt: async (signal) => {
      try {
        await exportOnce(signal)
        return true
      } catch {
        return false // recorded and logged by the cycle
      }
    },
    watch: () => {
      if (!isWatchable(source)) return
      follower = followSource({
        source,
        protectionOf,
        clock,
        random,
        onChange,
        onBroken: (error) => {
          fail(error, 'the watch of the source is broken')
        },
      })
    },
    unwatch: () => {
      follower?.stop()
      follower = undefined
    },
    status: () => status.read(),
  }
}

function isWatchable(source: ConfigSource): source is Required<ConfigSource> {
  return source.watch !== undefined
}
