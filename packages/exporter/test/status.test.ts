import '@outlast/virtual-time/at-once'
import { describe, expect, it } from 'vitest'
import type { EndedCycle, ExporterStatus } from '../src/index.ts'
import { exporterRig, keyring, route } from './exporter-rig.ts'

const endings = ({ counters: { published, unchanged, held, failed } }: ExporterStatus) => ({
  published,
  unchanged,
  held,
  failed,
})

describe('status', () => {
  it('counts how cycles ended, each once, and what they uploaded', async () => {
    const cycles: EndedCycle[] = []
    const rig = exporterRig({ onCycle: (cycle) => cycles.push(cycle) })
    const { source, exporter } = rig
    source.put('instance', keyring('k'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    await exporter.exportOnce()
    const { counters } = exporter.status()
    expect(counters).toMatchObject({ partsUploaded: 2, partsReused: 0 })
    let stored = 0
    for (const storage of Object.values(rig.memory)) {
      for await (const key of storage.list('')) {
        if (/parts|manifests/.test(key)) stored += (await storage.get(key))?.bytes.byteLength ?? 0
      }
    }
    expect(counters.bytesUploaded).toBe(stored)

    source.replace({})
    await exporter.exportOnce()
    rig.breakStorage('resources', 'fail-before')
    await exporter.exportOnce().catch(() => undefined)
    rig.breakStorage('resources', undefined)

    expect(endings(exporter.status())).toStrictEqual({ published: 1, unchanged: 1, held: 1, failed: 1 })
    expect(cycles.map(({ outcome }) => outcome)).toStrictEqual(['published', 'unchanged', 'held', 'failed'])
    expect(exporter.status().failures).toBe(1)
  })

  it('counts a hold whose head cannot be written as a hold, and tries to say so again', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    rig.source.replace({})
    await rig.clock.turn(2_000)
    rig.breakStorage('resources', ({ operation }) => (operation === 'put' ? 'fail-before' : undefined))
    await expect(rig.exporter.exportOnce()).rejects.toMatchObject({ code: 'unavailable' })
    expect(endings(rig.exporter.status())).toMatchObject({ held: 1, failed: 0 })
    expect(rig.exporter.status().domains.resources.held).toBeDefined()
  })

  it('tells of an instance snapshot when the resources after it could not be published', async () => {
    const rig = exporterRig()
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    rig.breakStorage('resources', ({ key }) => (key.includes('/parts/') ? 'fail-before' : undefined))
    await expect(rig.exporter.exportOnce()).rejects.toMatchObject({ code: 'unavailable' })
    expect(rig.published).toStrictEqual(['instance#1'])
    expect(rig.exporter.status()).toMatchObject({
      domains: { instance: { sequence: 1, entries: 1 }, resources: {} },
      counters: { failed: 1, partsUploaded: 1 },
    })
  })

  it('counts parts that were taken over', async () => {
    const rig = exporterRig()
    rig.source.replace({ resources: Array.from({ length: 2_000 }, (_none, id) => route(String(id))) })
    await rig.exporter.exportOnce()
    const { partsUploaded } = rig.exporter.status().counters
    rig.source.put('resources', route('7', 'changed'))
    await rig.exporter.exportOnce()
    expect(rig.exporter.status().counters).toMatchObject({
      partsUploaded: partsUploaded + 1,
      partsReused: partsUploaded - 1,
    })
  })

  it('counts lost races, and how long a cycle took', async () => {
    const rig = exporterRig()
    const other = rig.another()
    rig.source.put('resources', route('a'))
    let isFirst = true
    const exporter = rig.another({
      source: {
        name: 'slow',
        load: async () => {
          const state = await rig.source.load()
          if (isFirst) await other.exportOnce()
          isFirst = false
          await rig.clock.sleep(300)
          return state
        },
      },
    })
    await rig.clock.turnUntilSettled(exporter.exportOnce())
    expect(exporter.status().counters).toMatchObject({ lostRaces: 1, unchanged: 1, published: 0 })
    expect(exporter.status().lastCycleMs).toBeGreaterThanOrEqual(600)
  })

  it('knows the snapshot of a store, and how old it is, also when the source cannot be asked', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    rig.source.put('resources', route('b'))
    await rig.exporter.exportOnce()
    const matchedAt = rig.clock.now()
    await rig.clock.turn(3_600_000)
    const restarted = rig.another()
    rig.source.fail(new Error('the control plane is gone'))
    await expect(restarted.exportOnce()).rejects.toThrow('the control plane is gone')
    expect(restarted.status().lastSuccessAt).toBeUndefined()
    expect(restarted.status().domains.resources).toStrictEqual({
      sequence: 1,
      position: { epoch: matchedAt / 1000, revision: 2 },
      entries: 2,
      revision: 2,
      matchedAt,
    })
  })
})
