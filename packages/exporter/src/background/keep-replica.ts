import {
  errorMessage,
  type Clock,
  type Domain,
  type Logger,
  type PruneReport,
  type ReplicationReport,
  type Replicator,
  type Retention,
  type SnapshotStore,
} from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { attemptRecord, type Attempts } from './attempt-record.ts'
import { domains } from '../domains.ts'
import { periodicTask, type TaskStatus } from './periodic-task.ts'
import { lagRecord, type LagRecord, type ReplicaLag } from './replica-lag.ts'

/** Another store, that gets a verbatim copy of every snapshot. */
export interface ReplicaOptions {
  /** For status and logs. */
  readonly name: string
  readonly resources: StorageAdapter
  readonly instance: StorageAdapter
  /** How often it is compared with the store, besides after each publication. Default 60,000 ms. */
  readonly everyMs?: number | undefined
  /** Whether the exporter's retention is applied to it as well. Default false. */
  readonly prune?: boolean | undefined
}

/** Its `lastSuccessAt` is when it last had everything that the store had. */
export interface ReplicaStatus extends TaskStatus {
  readonly name: string
  readonly domains: Readonly<
    Record<
      Domain,
      {
        /** What the last copy came to; `diverged` waits for an operator. */
        readonly status?: ReplicationReport['status'] | undefined
        /** The replica's newest snapshot. */
        readonly sequence?: number | undefined
        readonly lag: ReplicaLag
      }
    >
  >
  /** What was written since the exporter was created. */
  readonly copied: ReplicationReport['copied']
  /** Of the exporter's retention, where it applies. */
  readonly pruning?: Attempts | undefined
}

/** Keeps one replica up to date, in the background. */
export interface ReplicaKeeper {
  start(): void
  stop(): Promise<void>
  /** The newest snapshot of the store. One that is new is copied at once. */
  published(domain: Domain, sequence: number): void
  copyOnce(signal: AbortSignal | undefined): Promise<void>
  /** Applies this retention after the next copy that brings the replica up to date, if the replica is to be pruned. */
  prune(retention: Retention): void
  status(): ReplicaStatus
}

const defaultEveryMs = 60_000

export function keepReplica(options: {
  readonly store: SnapshotStore
  readonly replica: ReplicaOptions
  readonly onPruned: (report: PruneReport) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
}): ReplicaKeeper {
  const { store, replica, onPruned, clock, logger, random } = options
  const { group } = store
  const { name } = replica
  const replicators: Readonly<Record<Domain, Replicator>> = {
    instance: store.instance.replicator(replica.instance),
    resources: store.resources.replicator(replica.resources),
  }
  const lags: Readonly<Record<Domain, LagRecord>> = { instance: lagRecord(clock), resources: lagRecord(clock) }
  const reports: Partial<Record<Domain, ReplicationReport>> = {}
  let copied: ReplicationReport['copied'] = { snapshots: 0, parts: 0, bytes: 0 }
  const pruning = attemptRecord(clock)
  let wantedRetention: Retention | undefined
  let isBroken = false

  /** Its failure is none of the copy's. */
  const prune = async (retention: Retention, signal: AbortSignal | undefined): Promise<void> => {
    pruning.attempted()
    try {
      for (const domain of domains) onPruned(await replicators[domain].prune({ retention, signal }))
      wantedRetention = undefined
      pruning.succeeded()
    } catch (error) {
      if (signal?.aborted === true) return
      pruning.failed(errorMessage(error))
      logger.warn({ group, replica: name, error: errorMessage(error) }, 'the replica could not be pruned')
    }
  }

  const copy = async (domain: Domain, signal: AbortSignal | undefined): Promise<ReplicationReport> => {
    lags[domain].began()
    const report = await replicators[domain].run({ signal })
    lags[domain].ended(report)
    const told = reports[domain]?.status
    reports[domain] = report
    const { status, problems, divergedAt } = report
    const { snapshots, parts, bytes } = report.copied
    copied = { snapshots: copied.snapshots + snapshots, parts: copied.parts + parts, bytes: copied.bytes + bytes }
    const fields = { group, domain, replica: name, sequence: report.newest?.sequence }
    if (snapshots > 0) logger.info({ ...fields, snapshots, parts, bytes }, 'copied snapshots to a replica')
    if (status === 'diverged' && told !== 'diverged')
      logger.error({ ...fields, divergedAt }, 'the replica holds what the store does not; nothing is copied any more')
    if (status === 'behind') logger.warn({ ...fields, problems }, 'the replica lacks the newest snapshot')
    return report
  }

  const task = periodicTask({
    everyMs: replica.everyMs ?? defaultEveryMs,
    firstAfterMs: 0,
    retry: { firstMs: 1_000, limitMs: 60_000 },
    clock,
    random,
    work: async (signal) => {
      for (const domain of domains) {
        const { status } = await copy(domain, signal)
        // Resources may need an instance snapshot that is not there. What has diverged waits for a person.
        if (status !== 'current') return status === 'diverged' ? 'stuck' : 'again'
      }
      if (isBroken) logger.info({ group, replica: name }, 'the replica is up to date again')
      isBroken = false
      if (wantedRetention !== undefined) await prune(wantedRetention, signal)
      return 'well'
    },
    onFailure: (error) => {
      isBroken = true
      logger.warn({ group, replica: name, error }, 'the replica could not be brought up to date')
    },
  })

  return {
    start: () => {
      task.start()
    },
    stop: async () => task.stop(),
    copyOnce: async (signal) => task.runOnce(signal),
    prune: (retention) => {
      if (replica.prune !== true) return
      wantedRetention = retention
      task.trigger()
    },
    published: (domain, sequence) => {
      if (lags[domain].published(sequence)) task.trigger()
    },
    status: () => ({
      name,
      ...task.status(),
      domains: { instance: domainStatus('instance'), resources: domainStatus('resources') },
      copied,
      ...(replica.prune === true && { pruning: pruning.read() }),
    }),
  }

  function domainStatus(domain: Domain): ReplicaStatus['domains'][Domain] {
    const report = reports[domain]
    return { status: report?.status, sequence: report?.newest?.sequence, lag: lags[domain].read() }
  }
}
