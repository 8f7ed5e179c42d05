import { setTimeout as sleep } from 'node:timers/promises'
import { createExporter, type Exporter } from '@outlast/exporter'
import { snapshotStore, systemClock, type Clock } from '@outlast/snapshot'
import type { Destination } from './destinations.ts'
import type { FilledEtcd } from './filled-etcd.ts'
import { measure, type Side } from './operations.ts'

/** The quiet time after a change; the shortest that is of use, because it is not what is measured. */
const debounceMs = 10

/**
 * An exporter that follows the etcd. A change counts from the moment in which etcd has committed it until a reader of its
 * own finds it in the newest snapshot; the debounce is taken off.
 */
export async function measureOurWay(etcd: FilledEtcd, destination: Destination): Promise<Side> {
  const group = 'bench'
  let stores = 0
  // A head is written at most once a second, so each unchanged tick comes later.
  let lateMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + lateMs }

  let published = Promise.withResolvers<void>()
  const open = async () => {
    stores += 1
    const resources = await destination.open(`ours-${String(stores)}-resources`)
    const instance = await destination.open(`ours-${String(stores)}-instance`)
    const exporter = createExporter({
      store: snapshotStore({ group, resources, instance, clock }),
      source: etcd.source,
      clock,
      schedule: '@yearly',
      debounceMs,
      onPublished: () => {
        published.resolve()
      },
      onHeld: ({ reason }) => {
        published.reject(new Error(reason))
      },
    })
    const reader = snapshotStore({ group, resources, instance })
    return { exporter, reader, bytesPut: () => resources.bytesPut + instance.bytesPut }
  }
  let current = await open()
  const stop = async ({ exporter }: { readonly exporter: Exporter }): Promise<void> => exporter.stop()

  const first = await measure({
    repetitions: 3,
    bytesPut: () => current.bytesPut(),
    prepare: async () => {
      await stop(current)
      current = await open()
    },
    work: async () => {
      await current.exporter.start()
      const { lastError, domains } = current.exporter.status()
      if (domains.resources.sequence !== 1) throw new Error(lastError?.message ?? 'nothing was exported')
      return undefined
    },
  })
  // The watch has to be there before it can tell of a change.
  await sleep(500)
  let sequence = 1
  const change = await measure({
    repetitions: 15,
    bytesPut: () => current.bytesPut(),
    prepare: async () => {
      published = Promise.withResolvers<void>()
      await sleep(100)
    },
    work: async () => {
      await etcd.change()
      const committedAt = performance.now()
      await published.promise
      const newest = await current.reader.resources.latest()
      sequence += 1
      if (newest?.manifest.sequence !== sequence) throw new Error('the newest snapshot is not that of the change')
      return performance.now() - committedAt - debounceMs
    },
  })
  const tick = await measure({
    repetitions: 15,
    bytesPut: () => current.bytesPut(),
    prepare: async () => {
      lateMs += 2_000
    },
    work: async () => {
      const { resources } = await current.exporter.exportOnce()
      if (resources.status !== 'unchanged')
        throw new Error(`expected an unchanged tick, but it was ${resources.status}`)
      return undefined
    },
  })
  await stop(current)
  return { 'first export': first, 'one change': change, 'unchanged tick': tick }
}
