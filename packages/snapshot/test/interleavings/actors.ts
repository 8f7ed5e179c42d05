import { StorageError, type StorageAdapter } from '@outlast/storage'
import type { SourceState } from '../../src/sources/config-source.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { diffEntries } from '../../src/diff/diff-entries.ts'
import { entrySet } from '../../src/entries/entry-set.ts'
import type { Snapshot } from '../../src/store/load-snapshot.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { comparePositions, type Position } from '../../src/format/position.ts'
import { SnapshotError } from '../../src/snapshot-error.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import type { Ledger } from './ledger.ts'
import type { RecordedSource } from './recorded-source.ts'
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

/** Begins, then asks the source, then publishes; the other way round when it is told to break the rule. */
export function publisher(
  stage: Stage,
  source: RecordedSource,
  options: { readonly loadsFirst?: boolean | undefined; readonly keepsSet?: boolean | undefined } = {},
): Round {
  const { loadsFirst = false, keepsSet = false } = options
  const store = openStore(stage)
  let set = entrySet()
  const { life, scheduler, ledger } = stage
  const load = async (): Promise<SourceState> => {
    await scheduler.turn(life, 'asks the source', stage.delayMs('asks'))
    const state = source.state()
    await scheduler.turn(life, `has revision ${state.revision}`, stage.delayMs('has'))
    return state
  }
  return async () => {
    const early = loadsFirst ? await load() : undefined
    const publication = await store.begin()
    const state = early ?? (await load())
    const position = positionOf(state, publication.base, scheduler.clock.now())
    if (keepsSet) set = set.with(diffEntries([...set], state.resources))
    const draft = { entries: keepsSet ? set : state.resources, position, source: { identity: state.identity } }
    const result = await publication.publish(draft)
    scheduler.note(`${life.name}: ${result.status}`)
    if (result.status === 'published') ledger.reported(result.manifest)
    if (result.status === 'refused' && !loadsFirst)
      ledger.violate(`${life.name} was refused although it kept the order`)
  }
}

/** A source of another identity is accepted at once, as by an operator who does not look. */
function positionOf(state: SourceState, base: Manifest | undefined, now: number): Position {
  const unixSeconds = Math.floor(now / 1000)
  const { revision } = state
  if (base === undefined) return { epoch: unixSeconds, revision }
  if (base.source.identity === state.identity) return { epoch: base.position.epoch, revision }
  return { epoch: Math.max(base.position.epoch + 1, unixSeconds), revision }
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
    await store.prune({ keep })
  }
}

/** A failure of the store, or an object that is gone (pruned while its writer or reader slept), ends a round and nothing else. */
export function isExpected(error: unknown): boolean {
  if (StorageError.isInstance(error)) return true
  if (!SnapshotError.isInstance(error)) return false
  return error.code === 'not-yet' || error.message.includes('does not give back')
}
