import {
  memorySource,
  snapshotStore,
  type Domain,
  type Entry,
  type MemorySource,
  type SnapshotStore,
} from '@outlast/snapshot'
import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { faultyStorage, type Fault, type FaultyCall } from '@outlast/storage-testkit'
import { HandClock, type TurnOptions } from '@outlast/virtual-time'
import { expect } from 'vitest'
import { createExporter, type Exporter, type ExporterOptions } from '../src/index.ts'

/** An exporter on memory parts, with a clock that stands still. */
export interface ExporterRig {
  readonly clock: HandClock
  readonly source: MemorySource
  readonly store: SnapshotStore
  /** What `store` is kept in, without its faults. */
  readonly memory: Readonly<Record<Domain, StorageAdapter>>
  readonly exporter: Exporter
  /** What `onHeld` was told, in short. */
  readonly held: { readonly domain: Domain; readonly reason: string; readonly summary: string }[]
  /** `domain#sequence`, in the order of publication. */
  readonly published: string[]
  /** Breaks a domain's storage in this way until it is called with `undefined`. */
  readonly breakStorage: (domain: Domain, fault: Fault | ((call: FaultyCall) => Fault | undefined) | undefined) => void
  /** Every call to the store, by whichever exporter. */
  readonly calls: (FaultyCall & { readonly domain: Domain })[]
  /** Another exporter, with a view of the store of its own. */
  readonly another: (options?: Partial<ExporterOptions>) => Exporter
  /** Ids in the newest snapshot of the resources. */
  readonly backup: () => Promise<string[] | undefined>
  /** Turns the clock until the backup holds these ids. */
  readonly reaches: (ids: readonly string[], options?: TurnOptions) => Promise<void>
}

export function exporterRig(options: Partial<ExporterOptions> = {}): ExporterRig {
  const clock = new HandClock()
  const source = memorySource({ identity: 'one' })
  const faults: Partial<Record<Domain, (call: FaultyCall) => Fault | undefined>> = {}
  const calls: ExporterRig['calls'] = []
  const memory = { resources: memoryStorage(), instance: memoryStorage() }
  const faulty = (domain: Domain): StorageAdapter =>
    faultyStorage(memory[domain], {
      onCall: (call) => {
        calls.push({ domain, ...call })
        return faults[domain]?.(call)
      },
    })
  const openStore = () =>
    snapshotStore({ group: 'default', resources: faulty('resources'), instance: faulty('instance'), clock })
  const store = openStore()
  const held: ExporterRig['held'] = []
  const published: string[] = []
  const backup = async (): Promise<string[] | undefined> => {
    const { resources } = snapshotStore({ group: 'default', ...memory, clock })
    const latest = await resources.latest()
    if (latest === undefined) return undefined
    return (await resources.load(latest.manifest)).entries.map(({ id }) => id)
  }
  const common = { source, schedule: '@every 1m', jitterMs: 0, clock, random: () => 0.5, ...options }

  return {
    clock,
    source,
    store,
    memory,
    calls,
    held,
    published,
    exporter: createExporter({
      store,
      onHeld: ({ domain, reason, diff }) => held.push({ domain, reason, summary: diff.summary }),
      onPublished: ({ domain, manifest }) => published.push(`${domain}#${String(manifest.sequence)}`),
      ...common,
    }),
    another: (others) => createExporter({ store: openStore(), ...common, ...others }),
    breakStorage: (domain, fault) => {
      faults[domain] = typeof fault === 'function' ? fault : () => fault
    },
    backup,
    reaches: async (ids, turnOptions) =>
      clock.turnUntil(async () => expect(await backup()).toStrictEqual(ids), turnOptions),
  }
}

export function route(id: string, value: Entry['value'] = { uri: `/${id}` }): Entry {
  return { kind: 'routes', id, value }
}

export function keyring(value: string): Entry {
  return { kind: 'keyring', id: 'default', value }
}
