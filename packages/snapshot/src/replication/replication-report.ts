import type { Manifest } from '../format/manifest.ts'
import type { Position } from '../format/position.ts'
import type { SnapshotProblem } from '../store/verify-snapshots.ts'

/** What is wrong with one snapshot, in the store that is copied or in the replica. */
export interface ReplicationProblem extends SnapshotProblem {
  readonly sequence: number
}

/** What came of one run. */
export interface ReplicationReport {
  /**
   * - `current`: the replica has the newest snapshot
   * - `behind`: it has not, for the reasons in `problems`
   * - `diverged`: it holds what the store does not, under `divergedAt`. Nothing was overwritten, and nothing is copied any
   *   more until somebody has decided which of the two is right, and emptied the other one
   */
  readonly status: 'current' | 'behind' | 'diverged'
  readonly divergedAt?: number | undefined
  /** What this run has written; bytes are those of parts and manifests as stored. */
  readonly copied: { readonly snapshots: number; readonly parts: number; readonly bytes: number }
  /** The newest snapshot of the replica, as far as it can be read. */
  readonly newest: { readonly sequence: number; readonly position: Position } | undefined
  /** How many snapshots of the store are newer than that, and since when, in milliseconds since the Unix epoch. */
  readonly lag: { readonly snapshots: number; readonly since?: number | undefined }
  readonly problems: readonly ReplicationProblem[]
}

/** Takes notes during a run. */
export interface ReplicationNotes {
  copied(kind: 'snapshot' | 'part', bytes: number): void
  /** A snapshot that could not be copied; `at` is when it was committed, if that is known. */
  failed(problem: ReplicationProblem, at?: number): void
  report(newest: Manifest | undefined, divergedAt?: number): ReplicationReport
}

export function replicationNotes(): ReplicationNotes {
  const written = { snapshots: 0, parts: 0, bytes: 0 }
  const failures: { readonly problem: ReplicationProblem; readonly at: number | undefined }[] = []
  return {
    copied(kind, bytes) {
      written.bytes += bytes
      if (kind === 'part') written.parts += 1
      else written.snapshots += 1
    },
    failed(problem, at) {
      failures.push({ problem, at })
    },
    report(newest, divergedAt) {
      const { sequence = 0 } = newest ?? {}
      const newer = failures.filter(({ problem }) => problem.sequence > sequence)
      const times = newer.flatMap(({ at }) => at ?? [])
      const reached = newer.length === 0 ? 'current' : 'behind'
      return {
        status: divergedAt === undefined ? reached : 'diverged',
        divergedAt,
        copied: { ...written },
        newest: newest && { sequence, position: newest.position },
        lag: { snapshots: newer.length, since: times.length === 0 ? undefined : Math.min(...times) },
        problems: failures.map(({ problem }) => problem),
      }
    },
  }
}
