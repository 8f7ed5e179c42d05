import { createExporter, type Exporter } from '@outlast/exporter'
import {
  memorySource,
  snapshotStore,
  systemClock,
  type Clock,
  type Snapshot,
  type SnapshotStore,
} from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { countingStorage } from './counting-storage.ts'
import { measure, retainedMiB, type Measurement } from './measure.ts'
import { repetitionsOf, type Operation, type Side } from './operations.ts'
import { sampleRoute } from './sample-route.ts'

/** Whole cycles of the exporter with a watched source; a data plane's reads. The instance domain stays empty. */
export async function measureOurWay(size: number): Promise<Side> {
  const storage = countingStorage()
  // A head is written at most once a second, so each tick comes later.
  let lateMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + lateMs }
  const open = (): SnapshotStore =>
    snapshotStore({ group: 'bench', resources: storage, instance: memoryStorage(), clock })
  const source = memorySource({
    identity: 'bench',
    resources: Array.from({ length: size }, (_none, index) => sampleRoute(index)),
  })
  const openExporter = (): Exporter =>
    // It exports when it is told to.
    createExporter({
      store: open(),
      source,
      clock,
      schedule: '@yearly',
      debounceMs: 86_400_000,
      onHeld: ({ reason }) => {
        throw new Error(reason)
      },
    })
  let exporter = openExporter()
  const reader = open()
  let version = 0
  const change = async (count: number): Promise<void> => {
    version += 1
    for (let index = 0; index < count; index += 1) {
      source.put('resources', sampleRoute((index * 97 + version * 31) % size, version))
    }
    lateMs += 2_000
    // The watch delivers; that it has is part of no export.
    await systemClock.sleep(20)
  }
  const exported = async (expected: 'published' | 'unchanged'): Promise<void> => {
    const { status } = (await exporter.exportOnce()).resources
    if (status !== expected) throw new Error(`Expected ${expected}, got ${status}`)
  }
  const run = async (
    operation: Operation,
    work: () => Promise<unknown>,
    prepare?: () => Promise<unknown>,
  ): Promise<Measurement> => measure({ storage, repetitions: repetitionsOf(operation), prepare, work })

  let snapshot: Snapshot | undefined
  const load = async (reuse: Snapshot | undefined): Promise<void> => {
    const latest = await reader.resources.latest()
    if (latest === undefined) throw new Error('There is no snapshot')
    snapshot = await reader.resources.load(latest.manifest, { reuse })
    if (snapshot.entries.length !== size) throw new Error('The snapshot is not whole')
  }

  const before = await retainedMiB()
  const first = await run(
    'first export',
    async () => exporter.start(),
    async () => {
      await exporter.stop()
      // The source may hold on to what was watching it until it has something to tell.
      source.put('resources', sampleRoute(0))
      await storage.empty()
      exporter = openExporter()
    },
  )
  await exported('unchanged')
  const keptMiB = (await retainedMiB()) - before - storage.bytesPut / 2 ** 20
  const measurements = {
    'first export': first,
    'one change': await run(
      'one change',
      async () => exported('published'),
      async () => change(1),
    ),
    '1 % changed': await run(
      '1 % changed',
      async () => exported('published'),
      async () => change(size / 100),
    ),
    'unchanged tick': await run(
      'unchanged tick',
      async () => exported('unchanged'),
      async () => change(0),
    ),
    'full load': await run('full load', async () => load(undefined)),
    'catch-up after one change': await run(
      'catch-up after one change',
      async () => load(snapshot),
      async () => {
        await change(1)
        await exported('published')
      },
    ),
  }
  await exporter.stop()
  return { measurements, keptMiB }
}
