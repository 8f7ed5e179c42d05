import {
  entryCount,
  type Clock,
  type Domain,
  type Manifest,
  type Position,
  type PruneReport,
  type Publication,
} from '@outlast/snapshot'
import { domains } from './domains.ts'
import type { CycleResult } from './export-cycle.ts'
import type { PublishedOutcome } from './export-outcome.ts'
import { addCounts, noCounts, type ExporterCounters } from './exporter-counters.ts'
import type { DescribedHold, Held, HeldDomains } from './holds/held.ts'
import type { ReplicaStatus } from './background/keep-replica.ts'
import type { VerificationStatus } from './background/keep-verified.ts'
import type { TaskStatus } from './background/periodic-task.ts'
import type { ContentStatus } from './background/validate-content.ts'

/** Last attempt, last success, active revision, last error. Times are milliseconds since the Unix epoch. */
export interface ExporterStatus {
  readonly running: boolean
  readonly lastAttemptAt?: number | undefined
  /** How long the last cycle took, well or not. */
  readonly lastCycleMs?: number | undefined
  /** How many cycles in a row have failed; 0 after one that has not. */
  readonly failures: number
  /** When the backup last was equal to the source. */
  readonly lastSuccessAt?: number | undefined
  /** Kept after it has passed: compare its time with `lastSuccessAt`. */
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
  readonly nextRunAt?: number | undefined
  /** What should be known about how secrets are stored, such as that nothing encrypts them. */
  readonly warning?: string | undefined
  /** What a gateway would stumble over in what was published last; absent when nothing was validated yet. */
  readonly content?: ContentStatus | undefined
  readonly domains: Readonly<
    Record<
      Domain,
      {
        /** The newest snapshot. */
        readonly sequence?: number | undefined
        readonly position?: Position | undefined
        /** How many entries it has. */
        readonly entries?: number | undefined
        /** The source revision that it was last found equal to. */
        readonly revision?: number | undefined
        /** When that was, for whichever exporter. The age of the backup counts from here. */
        readonly matchedAt?: number | undefined
        readonly held?: Held | undefined
      }
    >
  >
  readonly counters: ExporterCounters
  readonly replicas: readonly ReplicaStatus[]
  /** Absent when nothing is verified. */
  readonly verification?: VerificationStatus | undefined
  /** Absent when nothing is pruned. */
  readonly retention?: TaskStatus | undefined
}

/** What one exporter does itself; others add what they know. */
type RecordedStatus = Pick<
  ExporterStatus,
  'lastAttemptAt' | 'lastCycleMs' | 'failures' | 'lastSuccessAt' | 'lastError' | 'warning' | 'domains' | 'counters'
>

/** Collects what `status()` tells. */
export interface StatusRecord {
  attempted(): void
  /** What the store holds, as a cycle finds it. */
  begun(publications: Readonly<Record<Domain, Pick<Publication, 'base' | 'knownRevision' | 'matchedAt'>>>): void
  lostRace(): void
  published(domain: Domain, outcome: PublishedOutcome): void
  ended(
    result: Exclude<CycleResult, { status: 'lost' }>,
    held: HeldDomains,
    way: 'published' | 'unchanged' | 'held',
  ): void
  /** The cycle has failed. */
  failed(): void
  /** What went wrong, in a cycle or beside it. */
  troubled(message: string): void
  pruned(report: PruneReport): void
  read(): RecordedStatus
}

export function statusRecord(clock: Clock): StatusRecord {
  let current: RecordedStatus = {
    failures: 0,
    domains: { instance: {}, resources: {} },
    counters: noCounts,
  }

  const count = (added: Partial<ExporterCounters>): void => {
    current = { ...current, counters: addCounts(current.counters, added) }
  }
  const cycleMs = (): number => Math.max(0, clock.now() - (current.lastAttemptAt ?? clock.now()))

  return {
    attempted: () => {
      current = { ...current, lastAttemptAt: clock.now() }
    },
    begun: (publications) => {
      const next = { ...current.domains }
      for (const domain of domains) {
        const { base, knownRevision, matchedAt } = publications[domain]
        const facts = base === undefined ? noSnapshot : { ...snapshotFacts(base), revision: knownRevision, matchedAt }
        next[domain] = { ...next[domain], ...facts }
      }
      current = { ...current, domains: next }
    },
    lostRace: () => {
      count({ lostRaces: 1 })
    },
    failed: () => {
      count({ failed: 1 })
      current = { ...current, failures: current.failures + 1, lastCycleMs: cycleMs() }
    },
    troubled: (message) => {
      current = { ...current, lastError: { at: clock.now(), message } }
    },
    pruned: ({ manifests, parts }) => {
      count({ prunedSnapshots: manifests, prunedParts: parts })
    },
    published: (domain, { manifest, uploadedBytes, uploadedParts, reusedParts }) => {
      count({ bytesUploaded: uploadedBytes, partsUploaded: uploadedParts, partsReused: reusedParts })
      const facts = { ...snapshotFacts(manifest), revision: manifest.position.revision, matchedAt: clock.now() }
      current = { ...current, domains: { ...current.domains, [domain]: { ...current.domains[domain], ...facts } } }
    },
    ended: ({ status, state, outcome }, held, way) => {
      const next = { ...current.domains }
      const now = clock.now()
      for (const domain of domains) {
        const result = outcome[domain]
        if (result.status === 'held') next[domain] = { ...next[domain], held: shownHold(held[domain]) }
        else if (result.status === 'empty') next[domain] = {}
        else next[domain] = { ...snapshotFacts(result.manifest), revision: state.revision, matchedAt: now }
      }
      count({ [way]: 1 })
      const { warning } = state.fields
      current = { ...current, warning, domains: next, failures: 0, lastCycleMs: cycleMs() }
      if (status === 'done') current = { ...current, lastSuccessAt: now }
    },
    read: () => current,
  }
}

/** Without what was compared: values are for nobody but who was told of them. */
function shownHold(hold: DescribedHold | undefined): Held | undefined {
  if (hold === undefined) return undefined
  const { diff: _diff, ...shown } = hold
  return shown
}

const noSnapshot = {
  sequence: undefined,
  position: undefined,
  entries: undefined,
  revision: undefined,
  matchedAt: undefined,
}

function snapshotFacts(manifest: Manifest): ExporterStatus['domains'][Domain] {
  const { sequence, position } = manifest
  return { sequence, position, entries: entryCount(manifest) }
}
