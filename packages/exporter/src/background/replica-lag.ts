import type { Clock, ReplicationReport } from '@outlast/snapshot'

/** How far a replica is behind the store. */
export interface ReplicaLag {
  /** How many numbers lie between their newest snapshots; `undefined` until both have been seen. */
  readonly sequences?: number | undefined
  /** For how long the replica has not had the newest snapshot, as far as this process knows; 0 when it has it. */
  readonly ms: number
}

/** Measures the lag of one domain of a replica, also while the replica cannot be asked. */
export interface LagRecord {
  /** The newest snapshot of the store. True when it is news. */
  published(sequence: number): boolean
  /** A copy begins: what is published from now on may not be in it. */
  began(): void
  ended(report: ReplicationReport): void
  read(): ReplicaLag
}

export function lagRecord(clock: Clock): LagRecord {
  let store: number | undefined
  let replica: number | undefined
  let behindSince: number | undefined
  let newSince: number | undefined

  return {
    published: (sequence) => {
      if (sequence <= (store ?? 0)) return false
      store = sequence
      if (sequence <= (replica ?? 0)) return false
      newSince ??= clock.now()
      behindSince ??= clock.now()
      return true
    },
    began: () => {
      newSince = undefined
    },
    ended: ({ status, newest, lag }) => {
      replica = newest?.sequence ?? 0
      if (status === 'current') {
        // What was published during the copy may not be in it. Whatever else is not, the store does not have any more: it
        // was wiped, and begun again with lower numbers.
        store = newSince === undefined ? replica : Math.max(store ?? 0, replica)
        behindSince = store > replica ? newSince : undefined
      } else {
        behindSince = Math.min(behindSince ?? Infinity, lag.since ?? clock.now())
      }
    },
    read: () => ({
      sequences: store === undefined || replica === undefined ? undefined : Math.max(0, store - replica),
      ms: behindSince === undefined ? 0 : Math.max(0, clock.now() - behindSince),
    }),
  }
}
