import '@outlast/virtual-time/at-once'
import { snapshotStore } from '@outlast/snapshot'
import { memoryStorage, StorageError } from '@outlast/storage'
import { faultyStorage } from '@outlast/storage-testkit'
import { settled } from '@outlast/virtual-time'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exporter, ExporterOptions } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const onlyNewest = { newest: 3, minutelyHours: 0, hourlyDays: 0 }

describe('retention', () => {
  const started: Exporter[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (exporter) => exporter.stop()))
  })

  /** Publishes ten snapshots, and lets four hours pass. */
  const runWith = async (
    options: Partial<ExporterOptions>,
    spoil?: (rig: ExporterRig) => void,
  ): Promise<ExporterRig> => {
    const rig = exporterRig(options)
    started.push(rig.exporter)
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    await rig.exporter.start()
    for (let value = 0; value < 9; value++) {
      rig.source.put('resources', route('b', value))
      await rig.exporter.exportOnce()
    }
    spoil?.(rig)
    for (let minute = 0; minute < 240; minute++) await rig.clock.turn(60_000)
    await settled()
    expect(rig.exporter.status().nextRunAt).toBeGreaterThan(rig.clock.now())
    return rig
  }

  it('deletes nothing unless it is asked for', async () => {
    const rig = await runWith({})
    expect(await rig.store.resources.sequences()).toHaveLength(10)
    expect(rig.exporter.status().retention).toBeUndefined()
  })

  it('is applied from time to time, and counted', async () => {
    const rig = await runWith({ retention: onlyNewest })
    await settled()
    expect(await rig.store.resources.sequences()).toStrictEqual([10, 9, 8])
    const { counters, retention } = rig.exporter.status()
    expect(counters.prunedSnapshots).toBe(7)
    expect(counters.prunedParts).toBeGreaterThan(0)
    expect(retention?.lastSuccessAt).toBeDefined()
    expect(retention?.lastError).toBeUndefined()
    expect(await rig.backup()).toStrictEqual(['a', 'b'])
  })

  it('that fails stops no export, and neither the other domain', async () => {
    const rig = await runWith({ retention: onlyNewest }, ({ breakStorage }) => {
      const denied = new StorageError({ code: 'denied', message: 'parts may not be listed' })
      breakStorage('instance', ({ key }) => (key.endsWith('/parts/') ? { error: denied } : undefined))
    })
    const { retention, lastSuccessAt } = rig.exporter.status()
    expect(retention?.lastError?.message).toMatch(/may not be listed/)
    expect(retention?.lastSuccessAt).toBeUndefined()
    await settled()
    expect(await rig.store.resources.sequences()).toStrictEqual([10, 9, 8])
    expect(lastSuccessAt).toBeDefined()
  })

  it('is applied to replicas that want it, and to those only', async () => {
    const memory = [0, 1].map(() => ({ resources: memoryStorage(), instance: memoryStorage() }))
    const [pruned, whole] = memory.map((stores) => snapshotStore({ group: 'default', ...stores }).resources)
    const replicas = memory.map((stores, index) => ({ name: `replica ${index}`, ...stores, prune: index === 0 }))
    const rig = await runWith({ retention: { ...onlyNewest, newest: 2 }, replicas })
    await settled()
    expect(await pruned?.sequences()).toStrictEqual([10, 9])
    expect(await whole?.sequences()).toHaveLength(10)
    const [first, second] = rig.exporter.status().replicas
    expect(first?.pruning?.lastSuccessAt).toBeDefined()
    expect(second?.pruning).toBeUndefined()
    // What was pruned there stays away.
    await rig.exporter.replicateOnce()
    expect(await pruned?.sequences()).toStrictEqual([10, 9])
  })

  it('of a replica that may not be deleted from is no trouble for its copies', async () => {
    const memory = { resources: memoryStorage(), instance: memoryStorage() }
    const resources = faultyStorage(memory.resources, {
      onCall: ({ operation }) => (operation === 'delete' ? 'fail-before' : undefined),
    })
    const rig = await runWith({
      retention: onlyNewest,
      replicas: [{ name: 'berlin', ...memory, resources, prune: true }],
    })
    const [status] = rig.exporter.status().replicas
    expect(status?.pruning?.lastError?.message).toMatch(/planned failure of delete/)
    expect(status?.domains.resources).toMatchObject({ status: 'current', lag: { ms: 0 } })
    expect(status?.lastError).toBeUndefined()
  })

  it('waits for a replica to have everything, and is then applied without another wait', async () => {
    const memory = { resources: memoryStorage(), instance: memoryStorage() }
    let isBroken = true
    const resources = faultyStorage(memory.resources, { onCall: () => (isBroken ? 'fail-before' : undefined) })
    const rig = await runWith({
      retention: onlyNewest,
      replicas: [{ name: 'berlin', ...memory, resources, prune: true }],
    })
    expect(rig.exporter.status().replicas[0]?.pruning?.lastAttemptAt).toBeUndefined()
    isBroken = false
    await rig.exporter.replicateOnce()
    expect(rig.exporter.status().replicas[0]?.pruning?.lastSuccessAt).toBe(rig.clock.now())
  })

  it('and verification begin at different times in processes that start together', () => {
    const begins = [0.1, 0.9].map((share) => {
      const { exporter } = exporterRig({ retention: onlyNewest, random: () => share })
      started.push(exporter)
      void exporter.start()
      const { retention, verification } = exporter.status()
      return { retention: retention?.nextRunAt, verification: verification?.nextRunAt }
    })
    const [early, late] = begins
    expect(Number(late?.retention) - Number(early?.retention)).toBeCloseTo(0.8 * 600_000, -1)
    expect(Number(late?.verification) - Number(early?.verification)).toBeCloseTo(0.8 * 3_600_000, -1)
  })

  it('that keeps nothing is refused at once', () => {
    expect(() => exporterRig({ retention: { newest: 0 } })).toThrow(RangeError)
  })
})
