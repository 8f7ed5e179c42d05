import '@outlast/virtual-time/at-once'
import { entryKey, needsKeys, type Entry, type Manifest } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

const hourMs = 3_600_000
const by = { actor: 'ada', reason: 'meant' }

function routes(from: number, to: number, value = 'as it was'): Entry[] {
  return Array.from({ length: to - from }, (_none, index) => route(String(from + index), { uri: value }))
}

async function rigWith(count: number, options: Parameters<typeof exporterRig>[0] = {}): Promise<ExporterRig> {
  const rig = exporterRig(options)
  rig.source.replace({ resources: routes(0, count) })
  await rig.exporter.exportOnce()
  return rig
}

async function statusAfter(rig: ExporterRig, resources: readonly Entry[]): Promise<string> {
  rig.source.replace({ resources })
  return (await rig.exporter.exportOnce()).resources.status
}

/** Accepts what the head shows. */
async function accept({ store }: ExporterRig): Promise<void> {
  const { base, root, identity } = (await store.resources.latest())?.candidate ?? { base: '', root: '', identity: '' }
  await store.resources.operator.accept(by, { base, candidate: root, identity })
}

async function newest({ store }: ExporterRig): Promise<Manifest> {
  const latest = await store.resources.latest()
  if (latest === undefined) throw new Error('there should be a snapshot')
  return latest.manifest
}

describe('a mass change', () => {
  it.each([
    ['51 of 100 are removed', routes(51, 100)],
    ['51 of 100 are changed', [...routes(0, 51, 'changed'), ...routes(51, 100)]],
    ['26 are removed and 25 changed', [...routes(26, 51, 'changed'), ...routes(51, 100)]],
    ['all are replaced by as many others', routes(1_000, 1_100)],
    ['51 are replaced, and a thousand added', routes(51, 1_100)],
  ])('is held: %s', async (_what, resources) => {
    const rig = await rigWith(100)
    expect(await statusAfter(rig, resources)).toBe('held')
    expect((await rig.store.resources.latest())?.manifest.sequence).toBe(1)
    expect(rig.held).toHaveLength(1)
  })

  it.each([
    ['half of 100 is removed', 100, routes(50, 100)],
    ['half of 100 is changed', 100, [...routes(0, 50, 'changed'), ...routes(50, 100)]],
    ['19 of 19 are changed', 19, routes(0, 19, 'changed')],
    ['19 of 20 are removed', 20, routes(0, 1)],
    ['a thousand are added to ten', 10, routes(0, 1_010)],
  ])('is none: %s', async (_what, count, resources) => {
    expect(await statusAfter(await rigWith(count), resources)).toBe('published')
  })

  it('that comes at once is held, says how much, and passes when the source takes it back', async () => {
    const rig = await rigWith(100)
    expect(await statusAfter(rig, [...routes(0, 40, 'changed'), ...routes(60, 100)])).toBe('held')
    expect(rig.held).toStrictEqual([
      {
        domain: 'resources',
        reason: '60 of the 100 resources entries in the snapshot would be gone or different',
        summary: 'would remove 20 routes; would change 40 routes',
      },
    ])
    expect(await statusAfter(rig, routes(0, 101))).toBe('published')
    expect(rig.exporter.status().domains.resources.held).toBeUndefined()
  })

  it('of 40 % five times within an hour is held when less than half of what there was is left', async () => {
    const rig = await rigWith(1_000)
    const statuses: string[] = []
    let left = 1_000
    for (let round = 0; round < 5; round++) {
      await rig.clock.turn(hourMs / 6)
      left = Math.ceil(left * 0.6)
      statuses.push(await statusAfter(rig, routes(0, left)))
    }
    expect(statuses).toStrictEqual(['published', 'held', 'held', 'held', 'held'])
    expect(rig.held[0]?.reason).toBe(
      'the source has 360 resources entries, where the backup had 1000 within the last 24 hours',
    )
    expect(await rig.backup()).toHaveLength(600)
  })

  it('of deleting everything and creating something else is held at each of its steps', async () => {
    const rig = await rigWith(100)
    expect(await statusAfter(rig, [])).toBe('held')
    expect(await statusAfter(rig, routes(500, 510))).toBe('held')
    expect(await statusAfter(rig, routes(500, 600))).toBe('held')
    // Created again as it was: nothing has happened.
    expect(await statusAfter(rig, routes(0, 100).toReversed())).toBe('unchanged')
    // Told once for emptiness, and once for mass, however that is measured.
    expect(rig.held.map(({ reason }) => reason.replace(/\d.*/, ''))).toStrictEqual([
      "the source's resources configuration is empty, the snapshot holds ",
      'the source has ',
    ])
  })

  it('is allowed once a day has passed, and until then not by restarts, nor by exporters that take turns', async () => {
    const rig = await rigWith(100)
    expect(await statusAfter(rig, routes(0, 60))).toBe('published')
    rig.source.replace({ resources: routes(0, 40) })
    for (let hour = 0; hour < 23; hour++) {
      await rig.clock.turn(hourMs)
      expect((await rig.another().exportOnce()).resources.status).toBe('held')
    }
    await rig.clock.turn(2 * hourMs)
    expect((await rig.another().exportOnce()).resources.status).toBe('published')
  })

  it('that was accepted is the new measure', async () => {
    const rig = await rigWith(100)
    expect(await statusAfter(rig, routes(0, 30))).toBe('held')
    await accept(rig)
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    expect(await statusAfter(rig, routes(0, 20))).toBe('published')
    expect(await rig.backup()).toHaveLength(20)
  })

  it('is for the operator to let pass who resumes, whatever the source has by then and does next', async () => {
    const rig = await rigWith(100)
    await rig.clock.turn(1_000)
    await rig.store.resources.operator.rollback(1, by)
    rig.source.replace({ resources: routes(0, 30) })
    await rig.exporter.exportOnce()
    await rig.store.resources.operator.resume(by)
    expect((await rig.exporter.exportOnce()).resources.status).toBe('published')
    expect(await statusAfter(rig, routes(0, 25))).toBe('published')
  })

  it('is not what a new keyring does to every ciphertext', async () => {
    const secretive = (key: string): Entry[] =>
      Array.from({ length: 50 }, (_none, index) => ({
        kind: 'consumers',
        id: String(index),
        value: { username: String(index), plugins: { 'key-auth': { key: `${key}-${String(index)}` } } },
      }))
    const instance = (key: string): Entry[] => [{ ...keyring(''), value: { keyring: [key] } }]
    const rig = exporterRig({ fields: fieldProtection({ group: 'default' }) })
    rig.source.replace({ instance: instance('sixteen-byte-key'), resources: secretive('secret') })
    await rig.exporter.exportOnce()
    rig.source.replace({ instance: instance('another-16b-key!'), resources: secretive('secret') })
    const { resources } = await rig.another().exportOnce()
    expect(resources.status).toBe('published')
    const manifest = 'manifest' in resources ? resources.manifest : undefined
    const { entries } = await rig.store.resources.load(manifest ?? 0)
    expect(manifest?.needs?.keys).toStrictEqual(needsKeys(entries))

    rig.source.replace({ instance: instance('sixteen-byte-key'), resources: secretive('another') })
    expect((await rig.another().exportOnce()).resources).toMatchObject({
      status: 'held',
      reason: '50 of the 50 resources entries in the snapshot would be gone or different',
    })
  })

  it('does not stand in the way of making good a backup that cannot be read', async () => {
    const rig = await rigWith(100)
    for await (const key of rig.memory.resources.list('groups/default/resources/parts/')) {
      await rig.memory.resources.delete(key)
    }
    rig.source.replace({ resources: [...routes(0, 60, 'changed'), ...routes(60, 100)] })
    expect((await rig.another().exportOnce()).resources.status).toBe('published')
  })

  it('is measured by what can be read of a backup that has lost a part', async () => {
    const rig = await rigWith(2_000)
    const { parts } = await newest(rig)
    expect(parts.length).toBeGreaterThan(10)
    await rig.memory.resources.delete(`groups/default/resources/${parts[0]?.key ?? ''}`)
    rig.source.replace({ resources: routes(0, 2_000, 'changed') })
    const exporter = rig.another()
    expect((await exporter.exportOnce()).resources).toStrictEqual({
      status: 'held',
      reason: `${String(2_000 - (parts[0]?.count ?? 0))} of the 2000 resources entries in the snapshot would be gone or different`,
    })
    rig.source.replace({ resources: [...routes(0, 900, 'changed'), ...routes(900, 2_000)] })
    expect((await exporter.exportOnce()).resources.status).toBe('published')
  })

  it('is compared again when that could not be done before', async () => {
    const rig = await rigWith(100)
    rig.source.replace({ resources: routes(0, 100, 'changed') })
    const exporter = rig.another()
    rig.breakStorage('resources', ({ operation, key }) => {
      if (!key.includes('/parts/')) return undefined
      return operation === 'get' ? 'truncate' : 'fail-before'
    })
    await expect(exporter.exportOnce()).rejects.toMatchObject({ code: 'unavailable' })
    rig.breakStorage('resources', undefined)
    expect((await exporter.exportOnce()).resources.status).toBe('held')
  })
})

describe('what the guard costs', () => {
  const partsRead = ({ calls }: ExporterRig): number =>
    calls.filter(({ operation, key }) => operation === 'get' && key.includes('/parts/')).length

  it.each(['one that is watched', 'one that can only be loaded'])(
    'reads nothing of the base when one in a hundred entries has changed, all over it, of %s',
    async (kind) => {
      const rig = await rigWith(8_000, { verifyEveryMs: false })
      const { source } = rig
      const { name } = source
      const polled = async () => ({ ...structuredClone(await source.load()), modified: undefined })
      const exporter =
        kind === 'one that is watched'
          ? rig.exporter
          : rig.another({ source: { name, load: polled }, verifyEveryMs: false })
      if (exporter === rig.exporter) await exporter.start()
      else await exporter.exportOnce()
      const { parts = [] } = (await rig.store.resources.latest())?.manifest ?? {}
      expect(parts.length).toBeGreaterThan(50)
      for (let id = 0; id < 8_000; id += 100) source.put('resources', route(String(id), 'changed'))
      rig.calls.length = 0
      const { resources } = await exporter.exportOnce()
      await exporter.stop()
      expect(resources).toMatchObject({ status: 'published' })
      // Those that were uploaded are read back, each of them once.
      expect(partsRead(rig)).toBe('uploadedParts' in resources ? resources.uploadedParts : 0)
    },
  )

  it('reads the base once, however long a change is held', async () => {
    const rig = await rigWith(100)
    // All parts are looked for at the start.
    await rig.exporter.exportOnce()
    rig.source.replace({ resources: routes(0, 100, 'changed') })
    rig.calls.length = 0
    for (let minute = 0; minute < 10; minute++) {
      expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
      await rig.clock.turn(60_000)
    }
    expect(partsRead(rig)).toBe(1)
  })
})

describe('for any sequence of changes, restarts and pauses, with two exporters', () => {
  const ids = fc
    .record({ from: fc.nat(59), count: fc.nat(40) })
    .map(({ from, count }) => Array.from({ length: count }, (_none, index) => (from + index) % 60))
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('delete' as const), ids }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), ids, value: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), minutes: fc.nat(9 * 60) }) },
    { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ type: 'accept' as const }) },
    { weight: 2, arbitrary: fc.constant({ type: 'take back' as const }) },
  )

  it('no snapshot has lost more than half, and 20, of the one before, or of any of the last 24 hours', async () => {
    let held = 0
    let publishedSteps = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 25 }), async (steps) => {
        const rig = await rigWith(60)
        const exporters: Exporter[] = [rig.exporter, rig.another()]
        for (const [change, first] of steps) {
          if (change.type === 'wait') await rig.clock.turn(change.minutes * 60_000)
          if (change.type === 'delete') for (const id of change.ids) rig.source.delete('resources', route(String(id)))
          if (change.type === 'put') {
            for (const id of change.ids) rig.source.put('resources', route(String(id), change.value))
          }
          if (change.type === 'restart') exporters[first ? 0 : 1] = rig.another()
          if (change.type === 'take back') {
            rig.source.replace({ resources: (await rig.store.resources.load(await newest(rig))).entries })
          }
          if (change.type === 'accept') await accept(rig).catch(() => undefined)
          const { resources } = (await exporters[first ? 0 : 1]?.exportOnce()) ?? {}
          if (resources?.status === 'held') held += 1
          if (resources?.status === 'published') publishedSteps += 1
        }
        expect(await massChanges(rig)).toStrictEqual([])
      }),
      { numRuns: 100 },
    )
    // The property says nothing when nothing is held, or everything.
    expect(held).toBeGreaterThan(20)
    expect(publishedSteps).toBeGreaterThan(100)
  })

  /** Every step from one snapshot to the next that should have been held, in the order in which they were published. */
  async function massChanges({ store }: ExporterRig): Promise<readonly string[]> {
    const manifests: Manifest[] = []
    for await (const manifest of store.resources.history()) manifests.unshift(manifest)
    const isMass = (lost: number, of: number): boolean => lost >= 20 && lost * 2 > of
    const found: string[] = []
    let ended: { readonly until: number; readonly count: number }[] = []
    let before: ReadonlyMap<string, string> = new Map()
    for (const manifest of manifests) {
      const { entries } = await store.resources.load(manifest)
      const now = new Map(entries.map((entry) => [entryKey(entry), JSON.stringify(entry.value)]))
      const at = Date.parse(manifest.createdAt)
      const lost = [...before].filter(([key, value]) => now.get(key) !== value).length
      const recent = ended.filter(({ until }) => until > at - 24 * hourMs)
      ended = manifest.approvals === undefined ? [...ended, { until: at, count: before.size }] : []
      if (manifest.approvals === undefined) {
        if (isMass(lost, before.size)) found.push(`${String(manifest.sequence)} has lost ${String(lost)} at once`)
        if (recent.some(({ count }) => isMass(count - now.size, count))) {
          found.push(`${String(manifest.sequence)} has lost too many within a day`)
        }
      }
      before = now
    }
    return found
  }
})
