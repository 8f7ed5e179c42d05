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
import { changesMemory } from './guards/changes-memory.ts'
import { continuity } from './source/continuity.ts'
import { exportCycle, type CycleOptions, type CycleResult } from './export-cycle.ts'
import type { ExportOutcome, PublishedOutcome } from './export-outcome.ts'
import type { ExportState } from './source/export-state.ts'
import { statusRecord, type StatusRecord } from './export-status.ts'
import { ExporterError } from './exporter-error.ts'
import { holdNotices, type HeldNotice } from './holds/hold-notices.ts'
import { domains } from './domains.ts'
import { heldRecord, type HeldDomains } from './holds/held.ts'
import { inTurn } from './in-turn.ts'
import { followSource, type SourceFollower } from './source/source-follower.ts'

/** Runs export cycles one after the other, records how they end, and tells. */
export interface CycleRunner {
  exportOnce(signal: AbortSignal | undefined): Promise<ExportOutcome>
  /** The same, but a failure is only recorded and logged: it resolves with false. Never rejects. */
  attempt(signal: AbortSignal | undefined): Promise<boolean>
  /** From now on the source is followed, if it can be watched. */
  watch(): void
  unwatch(): void
  /** What else is to be told. */
  readonly record: Pick<StatusRecord, 'pruned'>
  status(): ReturnType<StatusRecord['read']>
}

/** How a cycle ended, for metrics. */
export interface EndedCycle {
  readonly outcome: 'published' | 'unchanged' | 'held' | 'failed'
  readonly durationMs: number
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
  readonly verifiedWithinMs: number
  readonly onChange: () => void
  /** The newest snapshot of a domain, as a cycle has found or made it. */
  readonly onNewest: (domain: Domain, sequence: number) => void
  /** A state that the store holds now; `isNew` when it was published just now. */
  readonly onStored: (state: ExportState, isNew: boolean) => void
  readonly onHeld?: ((notice: HeldNotice) => unknown) | undefined
  readonly onPublished?: ((published: { readonly domain: Domain; readonly manifest: Manifest }) => unknown) | undefined
  readonly onCycle?: ((cycle: EndedCycle) => unknown) | undefined
}): CycleRunner {
  const { store, source, protectionOf, clock, logger, random, loadTimeoutMs, verifiedWithinMs, onChange } = options
  const { group } = store
  const status = statusRecord(clock)
  const published = continuity()
  const compared = changesMemory()
  const holding = heldRecord({ group, clock, logger })
  let follower: SourceFollower | undefined
  let warned: string | undefined
  const turns = inTurn()

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

  const trouble = (error: unknown, message: string): void => {
    status.troubled(errorMessage(error))
    logger.error({ group, error: errorMessage(error) }, message)
  }

  const newest = (domain: Domain, manifest: Manifest | undefined): void => {
    if (manifest !== undefined) options.onNewest(domain, manifest.sequence)
  }

  const announce = (domain: Domain, outcome: PublishedOutcome): void => {
    status.published(domain, outcome)
    const { manifest, uploadedBytes: bytes, uploadedParts: parts, reusedParts } = outcome
    const { sequence, position } = manifest
    logger.info({ group, domain, sequence, position, bytes, parts, reusedParts }, 'published a snapshot')
    newest(domain, manifest)
    for (const { action, actor, reason } of manifest.approvals ?? []) {
      if (action === 'accept')
        logger.warn({ group, domain, sequence, actor, reason }, 'published what an operator accepted')
    }
    void tell(options.onPublished, { domain, manifest })
  }

  /** Begins again as long as others are quicker. */
  const decide = async (
    signal: AbortSignal | undefined,
    onPublished: CycleOptions['onPublished'],
  ): Promise<Exclude<CycleResult, { status: 'lost' }>> => {
    for (let failures = 1; failures <= attemptLimit; failures++) {
      const result = await exportCycle({
        store,
        source,
        follower,
        continuity: published,
        changesMemory: compared,
        protectionOf,
        clock,
        logger,
        loadTimeoutMs,
        verifiedWithinMs,
        onBegun: (publications) => {
          status.begun(publications)
          for (const domain of domains) newest(domain, publications[domain].base)
        },
        onPublished,
        signal,
      })
      if (result.status !== 'lost') return result
      status.lostRace()
      logger.debug({ group, failures }, 'another exporter was quicker')
      await clock.sleep(backOffMs({ failures, firstMs: 20, limitMs: 1_000, random }), { signal })
    }
    throw new ExporterError('contended', `other exporters were quicker ${String(attemptLimit)} times in a row`)
  }

  const warn = (warning: string | undefined): void => {
    if (warning !== undefined && warning !== warned) logger.warn({ group }, warning)
    warned = warning
  }

  const cycle = async (signal: AbortSignal | undefined): Promise<ExportOutcome> => {
    signal?.throwIfAborted()
    status.attempted()
    const begunAt = clock.now()
    const ended = (outcome: EndedCycle['outcome']): void => {
      void tell(options.onCycle, { outcome, durationMs: Math.max(0, clock.now() - begunAt) })
    }
    let hasPublished = false
    let hasEnded = false
    try {
      const result = await decide(signal, (domain, outcome) => {
        hasPublished = true
        announce(domain, outcome)
      })
      const held = await holding.update(result)
      const done = hasPublished ? 'published' : 'unchanged'
      const outcome = result.status === 'held' ? 'held' : done
      status.ended(result, held, outcome)
      hasEnded = true
      ended(outcome)
      warn(result.state.fields.warning)
      if (result.status === 'done') {
        compared.forget()
        options.onStored(result.state, hasPublished)
      }
      notices.update(held)
      await showHeld(held, signal)
      return result.outcome
    } catch (error) {
      if (signal?.aborted === true) throw error
      trouble(error, hasEnded ? 'the hold could not be told' : 'the export has failed')
      if (!hasEnded) {
        status.failed()
        ended('failed')
      }
      throw error
    }
  }

  const showHeld = async (held: HeldDomains, signal: AbortSignal | undefined): Promise<void> => {
    for (const domain of domains) {
      const hold = held[domain]
      if (hold === undefined) continue
      const { reason, summary = '', candidate } = hold
      const shown = candidate && {
        base: candidate.base,
        root: candidate.candidate,
        identity: candidate.identity,
        summary,
      }
      await store[domain].heartbeat({ held: reason, candidate: shown }, { signal })
    }
  }

  const exportOnce = async (signal: AbortSignal | undefined): Promise<ExportOutcome> => {
    return await turns(async () => await cycle(signal))
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
          trouble(error, 'the watch of the source is broken')
        },
      })
    },
    unwatch: () => {
      follower?.stop()
      follower = undefined
    },
    record: status,
    status: () => status.read(),
  }
}

function isWatchable(source: ConfigSource): source is Required<ConfigSource> {
  return source.watch !== undefined
}
