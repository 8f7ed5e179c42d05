import '@outlast/virtual-time/at-once'
import type { Domain, Manifest } from '@outlast/snapshot'
import { settled } from '@outlast/virtual-time'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exporter, ExporterOptions } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const hourMs = 3_600_000

describe('verification', () => {
  const started: Exporter[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (exporter) => exporter.stop()))
  })

  const startWith = async (options: Partial<ExporterOptions> = {}): Promise<ExporterRig> => {
    const logger = {
      debug() {},
      info() {},
      warn: (_fields: object, message: string) => warnings.push(message),
      error() {},
    }
    const rig = exporterRig({ schedule: '@yearly', logger, ...options })
    started.push(rig.exporter)
    rig.source.put('instance', keyring('k'))
    rig.source.put('resources', route('a'))
    await rig.exporter.start()
    warnings.length = 0
    return rig
  }
  const warnings: string[] = []

  const newest = async ({ store }: ExporterRig, domain: Domain): Promise<Manifest> => {
    const latest = await store[domain].latest()
    if (latest === undefined) throw new Error('there is no snapshot')
    return latest.manifest
  }
  const partKey = ({ domain, parts }: Manifest): string => `groups/default/${domain}/${parts[0]?.key}`
  const partsRead = ({ calls }: ExporterRig): number =>
    calls.filter(({ operation, key }) => operation === 'get' && key.includes('/parts/')).length
  const pass = async (rig: ExporterRig, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10_000) await rig.clock.turn(10_000)
  }

  it.each(['lost', 'damaged'] as const)(
    'finds a part that was %s within an hour, and repairs it without a change',
    async (how) => {
      const rig = await startWith()
      const key = partKey(await newest(rig, 'resources'))
      const { resources } = rig.memory
      if (how === 'lost') await resources.delete(key)
      else await resources.put(key, Buffer.from('something else'))
      await pass(rig, hourMs)
      await settled()
      expect((await newest(rig, 'resources')).sequence).toBe(2)
      expect(await rig.backup()).toStrictEqual(['a'])
      // What was damaged is not touched: the repair has names of its own.
      expect(await resources.get(key).then((object) => object && Buffer.from(object.bytes).toString())).toBe(
        how === 'lost' ? undefined : 'something else',
      )
      expect(new Set(warnings)).toStrictEqual(new Set(['the newest snapshot is not whole; the next export repairs it']))
      expect((await newest(rig, 'instance')).sequence).toBe(1)
      const repaired = { sequence: 2, unusable: 0, parts: 1, missing: 0, damaged: 0 }
      await rig.clock.turnUntil(
        () => expect(rig.exporter.status().verification?.domains.resources).toStrictEqual(repaired),
        { stepMs: 60_000 },
      )
    },
  )

  it('finds a newest manifest that was damaged, and supersedes it without a change', async () => {
    const rig = await startWith()
    rig.source.put('resources', route('b'))
    await rig.exporter.exportOnce()
    await rig.memory.resources.put('groups/default/resources/manifests/000000000002.json', Buffer.from('{'))
    await pass(rig, hourMs)
    await settled()
    expect((await newest(rig, 'resources')).sequence).toBe(3)
    expect(await rig.backup()).toStrictEqual(['a', 'b'])
  })

  it('says what is lost while nothing can be done about it, and reads no more often for that', async () => {
    const rig = await startWith()
    await rig.memory.resources.delete(partKey(await newest(rig, 'resources')))
    rig.source.fail(new Error('the control plane is gone'))
    rig.calls.length = 0
    await pass(rig, 10 * hourMs)
    expect(rig.exporter.status().verification?.lastSuccessAt).toBeUndefined()
    expect(rig.exporter.status().verification).toMatchObject({
      domains: { resources: { sequence: 1, missing: 1 }, instance: { missing: 0 } },
    })
    // Two parts a look: one in 45 to 60 minutes, and a few repetitions at first.
    expect(partsRead(rig)).toBeLessThan(2 * 30)

    rig.source.fail(undefined)
    await rig.clock.turnUntil(async () => expect((await newest(rig, 'resources')).sequence).toBe(2), { stepMs: 60_000 })
  })

  it('keeps reading of parts out of the exports, once the first one has looked', async () => {
    const rig = await startWith()
    await rig.exporter.exportOnce()
    await pass(rig, hourMs)
    await settled()
    expect(rig.exporter.status().verification?.lastSuccessAt).toBeDefined()
    rig.calls.length = 0
    for (let minute = 0; minute < 50; minute++) {
      await pass(rig, 60_000)
      await rig.exporter.exportOnce()
    }
    expect(partsRead(rig)).toBeLessThanOrEqual(2)
  })

  it('takes a store that does not answer for no loss', async () => {
    const rig = await startWith()
    rig.breakStorage('resources', ({ key }) => (key.includes('/parts/') ? 'fail-before' : undefined))
    await pass(rig, 2 * hourMs)
    rig.breakStorage('resources', undefined)
    expect(rig.exporter.status().verification?.lastError?.message).toMatch(/planned failure/)
    await pass(rig, 2 * hourMs)
    expect((await newest(rig, 'resources')).sequence).toBe(1)
    expect(new Set(warnings)).toStrictEqual(new Set(['the newest snapshot could not be verified']))
  })

  it('can be left out', async () => {
    const rig = await startWith({ verifyEveryMs: false })
    await rig.exporter.exportOnce()
    rig.calls.length = 0
    await pass(rig, 3 * hourMs)
    await rig.exporter.exportOnce()
    expect(partsRead(rig)).toBe(0)
    expect(rig.exporter.status().verification).toBeUndefined()
  })
})
