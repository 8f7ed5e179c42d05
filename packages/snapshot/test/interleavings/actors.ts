import { StorageError, type StorageAdapter } from '@outlast/storage'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Snapshot } from '../../src/store/load-snapshot.ts'
import { comparePositions } from '../../src/format/position.ts'
import { SnapshotError } from '../../src/snapshot-error.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import type { Ledger } from './ledger.ts'
import { onlyNewest } from '../publish.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** What an actor works with in one of its lives. */
export interface Stage {
  readonly life: Life
  readonly storage: StorageAdapter
  readonly scheduler: Scheduler
  readonly ledger: Ledger
  readonly delayMs: (label: string) => number
}

/** One round of an actor; the memory of a life is in the closure around it. */
export type Round = () => Promise<void>

export function openStore({ storage, scheduler }: Pick<Stage, 'storage' | 'scheduler'>): DomainStore {
  const { clock } = scheduler
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
}

export function reader(stage: Stage): Round {
  const store = openStore(stage)
  const { life, scheduler, ledger } = stage
  let snapshot: Snapshot | undefined
  return async () => {
    const latest = await store.latest()
    if (latest === undefined) return
    const { sequence, position } = latest.manifest
    if (snapshot !== undefined && comparePositions(position, snapshot.manifest.position) < 0) {
      ledger.violate(`${life.name} goes back from ${snapshot.manifest.sequence} to ${sequence}`)
    }
    if (sequence === snapshot?.manifest.sequence) return
    snapshot = await store.load(latest.manifest, { reuse: snapshot })
    ledger.statistics.reads += 1
    ledger.checkContent(snapshot.manifest, snapshot.entries, life.name)
    scheduler.note(`${life.name}: has loaded ${sequence}`)
  }
}

export function pruner(stage: Stage, keep: number): Round {
  const store = openStore(stage)
  return async () => {
    await store.prune({ retention: onlyNewest(keep) })
  }
}

/** A failure of the store, or an object that is gone (pruned while its writer or reader slept), ends a round and nothing else. */
export function isExpected(error: unknown): boolean {
  if (StorageError.isInstance(error)) return true
  if (!SnapshotError.isInstance(error)) return false
  return error.code === 'not-yet' || error.message.includes('does not give back')
}
