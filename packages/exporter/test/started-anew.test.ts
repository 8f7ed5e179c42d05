import '@outlast/virtual-time/at-once'
import { entryKey, type ConfigSource, type Entry, type SourceState } from '@outlast/snapshot'
import { settled } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, keyring, route, type ExporterRig } from './exporter-rig.ts'

/** As a store that was wiped and filled with these entries one by one, and went on to `revision`, under the identity that it had. */
function filledAnew(
  revision: number,
  resources: readonly Entry[],
  instance: readonly Entry[] = [],
): Partial<SourceState> {
  const modified = (entries: readonly Entry[]): ReadonlyMap<string, number> =>
    new Map(entries.map((entry, index) => [entryKey(entry), index + 1]))
  return { revision, resources, instance, modified: { resources: modified(resources), instance: modified(instance) } }
}

/** With `a`, `b` and `c` at revision 3, exported. */
async function rigWithBackup(): Promise<ExporterRig> {
  const rig = exporterRig()
  for (const id of ['a', 'b', 'c']) rig.source.put('resources', route(id))
  await rig.exporter.exportOnce()
  return rig
}

async function position(rig: ExporterRig): Promise<{ readonly epoch: number; readonly revision: number } | undefined> {
  return (await rig.store.resources.latest())?.manifest.position
}

describe('a source that was started anew under its old identity', () => {
  it('is held when its content differs, as long as it takes, and followed when its past is back', async () => {
    const rig = await rigWithBackup()
    const { exporter, source, held, backup, clock, store } = rig
    source.replace(filledAnew(100, [route('x'), route('b', { uri: '/other' }), route('y')]))

    for (let hour = 0; hour < 5; hour++) {
      expect((await exporter.exportOnce()).resources).toMatchObject({ status: 'held' })
      await clock.turn(3_600_000)
    }

    const reason =
      'the source was started anew under the same identity: ' +
      '3 entries, routes/b first, differ although they were not modified since the snapshot'
    const summary = 'would remove 2 routes; would change 1 route; would add 2 routes'
    expect(held).toStrictEqual([{ domain: 'resources', reason, summary }])
    expect((await store.resources.latest())?.held).toBe(reason)
    expect(await backup()).toStrictEqual(['a', 'b', 'c'])

    source.replace(filledAnew(3, [route('a'), route('b'), route('c')]))
    source.put('resources', route('d'))
    expect((await exporter.exportOnce()).resources).toMatchObject({ status: 'published' })
    expect(await backup()).toStrictEqual(['a', 'b', 'c', 'd'])
  })

  it('never shows a value in the reason', async () => {
    const { exporter, source } = await rigWithBackup()
    source.replace(filledAnew(100, [route('a', { secret: 'top-secret' })]))
    const { resources } = await exporter.exportOnce()
    expect(resources).toStrictEqual({
      status: 'held',
      reason:
        'the source was started anew under the same identity: ' +
        'routes/a differs although it was not modified since the snapshot',
    })
  })

  it('stays held when its revision has caught up with the past', async () => {
    const { exporter, source, held, backup } = await rigWithBackup()
    source.replace({ revision: 1, resources: [route('a')] })
    await exporter.exportOnce()
    expect(held).toMatchObject([{ reason: 'the source went back: it stands at revision 1, and has been at 3' }])

    for (const id of ['d', 'e', 'f']) source.put('resources', route(id))
    expect((await exporter.exportOnce()).resources).toMatchObject({
      status: 'held',
      reason: expect.stringContaining('2 entries, routes/d first'),
    })
    expect(await backup()).toStrictEqual(['a', 'b', 'c'])
  })

  it('continues under a new epoch when it has equal content at a lower revision: it was restored from the backup', async () => {
    const rig = exporterRig()
    const { exporter, source, clock, backup, store } = rig
    source.put('instance', keyring('k'))
    for (const id of ['a', 'b', 'c']) source.put('resources', route(id))
    await exporter.exportOnce()
    const before = await position(rig)
    await clock.turn(1_000_000)
    source.replace(filledAnew(1, [route('b'), route('a'), route('c')], [keyring('k')]))

    const { resources } = await exporter.exportOnce()

    const restored = { epoch: (before?.epoch ?? 0) + 1000, revision: 1 }
    expect(resources).toMatchObject({
      status: 'published',
      manifest: { position: restored, needs: { instance: restored } },
    })
    source.put('resources', route('d'))
    await exporter.exportOnce()
    expect(await position(rig)).toStrictEqual({ ...restored, revision: 2 })
    expect(await backup()).toStrictEqual(['a', 'b', 'c', 'd'])
    expect((await store.instance.latest())?.manifest.position).toStrictEqual(restored)
  })

  it('goes on under its epoch when it has equal content at a higher revision, which is as good as its past', async () => {
    const rig = await rigWithBackup()
    const before = await position(rig)
    rig.source.replace(filledAnew(100, [route('c'), route('a'), route('b')]))
    expect((await rig.exporter.exportOnce()).resources).toMatchObject({ status: 'unchanged' })
    rig.source.put('resources', route('a', { uri: '/changed' }))
    await rig.exporter.exportOnce()
    expect(await position(rig)).toStrictEqual({ epoch: before?.epoch, revision: 101 })
  })

  it.each([
    [7, /went back: it stands at revision 7, and has been at 9$/],
    [50, /2 entries, routes\/x first/],
  ])(
    'shows by the newest heartbeat when everything was written after the snapshot (revision %i)',
    async (revision, reason) => {
      const rig = await rigWithBackup()
      for (let count = 0; count < 6; count++) rig.source.delete('resources', route('nothing'))
      await rig.clock.turn(2_000)
      await rig.exporter.exportOnce()
      const entries = [route('a'), route('b'), route('c'), route('x'), route('y')]
      // Five entries and a snapshot at revision 3: as if others had written to the store first.
      const modified = { resources: new Map(entries.map((entry) => [entryKey(entry), 5])), instance: new Map() }
      rig.source.replace({ revision, resources: entries, modified })

      // Another process, which knows nothing but the store.
      const { resources } = await rig.another().exportOnce()

      expect(resources).toMatchObject({ status: 'held', reason: expect.stringMatching(reason) })
      expect(await rig.backup()).toStrictEqual(['a', 'b', 'c'])
    },
  )

  it('is held in both domains by what shows in one of them', async () => {
    const { exporter, source, store, held } = exporterRig()
    source.put('instance', keyring('k'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.replace({
      revision: 50,
      resources: [route('b')],
      instance: [keyring('other')],
      // Nothing proves that the routes are others.
      modified: { resources: new Map([['routes/b', 50]]), instance: new Map([['keyring/default', 1]]) },
    })
    await exporter.exportOnce()
    const reason =
      'the source was started anew under the same identity: ' +
      'keyring/default differs although it was not modified since the snapshot'
    expect(held).toMatchObject([
      { domain: 'instance', reason },
      { domain: 'resources', reason },
    ])
    expect((await store.resources.latest())?.manifest.sequence).toBe(1)
  })

  it('takes up the epoch that one domain has already when the other could not be published', async () => {
    const { exporter, source, store } = exporterRig()
    source.put('instance', keyring('k'))
    for (const id of ['a', 'b']) source.put('resources', route(id))
    await exporter.exportOnce()
    const publication = await store.instance.begin()
    const epoch = (publication.base?.position.epoch ?? 0) + 7
    await publication.publish({
      entries: [keyring('k')],
      position: { epoch, revision: 1 },
      source: { identity: 'one' },
    })
    source.replace(filledAnew(1, [route('a'), route('b')], [keyring('k')]))
    // It has gone on since, and differs by right.
    source.put('instance', keyring('k2'))

    expect(await exporter.exportOnce()).toMatchObject({
      instance: { status: 'published', manifest: { position: { epoch, revision: 2 } } },
      resources: { status: 'published', manifest: { position: { epoch, revision: 2 } } },
    })
  })

  it('is held before anything of it is published when its state arrives by the watch', async () => {
    const rig = await rigWithBackup()
    await rig.exporter.start()
    rig.source.replace(filledAnew(100, [route('x'), route('y')]))
    rig.source.put('resources', route('z'))
    for (let second = 0; second < 5; second++) await rig.clock.turn(1_000)
    await settled()
    expect(rig.exporter.status().domains.resources.held?.reason).toMatch(/started anew/)
    expect(await rig.backup()).toStrictEqual(['a', 'b', 'c'])
    expect(rig.published).toStrictEqual(['resources#1'])
    await rig.exporter.stop()
  })

  it('is followed as before when its source cannot tell when entries were modified', async () => {
    const rig = await rigWithBackup()
    const source: ConfigSource = {
      name: 'forgetful',
      load: async () => ({ ...(await rig.source.load()), modified: undefined }),
    }
    rig.source.replace(filledAnew(100, [route('x')]))
    expect((await rig.another({ source }).exportOnce()).resources).toMatchObject({ status: 'published' })
  })

  it('is not suspected for entries that its source alters, and leaves out of what was modified', async () => {
    const rig = await rigWithBackup()
    const source: ConfigSource = {
      name: 'altering',
      load: async () => {
        const state = await rig.source.load()
        const resources = state.resources.map(({ id }) => route(id, { altered: true }))
        return { ...state, resources, modified: { resources: new Map(), instance: new Map() } }
      },
    }
    expect((await rig.another({ source }).exportOnce()).resources).toMatchObject({ status: 'published' })
  })
})

describe('an exporter that follows', () => {
  interface Follower {
    readonly exporter: Exporter
    /** How often its source was asked. */
    readonly loads: () => number
  }

  /** Exports only when it is told to, and has followed the source since now. */
  async function follow(rig: ExporterRig): Promise<Follower> {
    const watch = rig.source.watch?.bind(rig.source)
    if (watch === undefined) throw new Error('a memory source can be watched')
    let loads = 0
    const source: ConfigSource = {
      name: 'counted',
      watch,
      load: async () => {
        loads++
        return await rig.source.load()
      },
    }
    const exporter = rig.another({ source, schedule: '@yearly', debounceMs: 3_600_000 })
    await exporter.start()
    return { exporter, loads: () => loads }
  }

  it('goes by what it has followed while others publish what it knows too', async () => {
    const rig = await rigWithBackup()
    const { exporter, loads } = await follow(rig)
    for (const id of ['d', 'a', 'e']) {
      rig.source.put('resources', route(id, { round: id }))
      await rig.exporter.exportOnce()
      rig.source.put('resources', route(id, { round: `${id} again` }))
      await rig.clock.turn(10)
      expect(await exporter.exportOnce()).toMatchObject({ resources: { status: 'published' } })
    }
    expect(loads()).toBe(1)
    expect(rig.source.revision).toBe((await position(rig))?.revision)
    await exporter.stop()
  })

  it('asks the source when others have published under a new epoch', async () => {
    const rig = await rigWithBackup()
    const { exporter, loads } = await follow(rig)
    const publication = await rig.store.resources.begin()
    const before = publication.base?.position ?? { epoch: 0, revision: 0 }
    await publication.publish({
      entries: (await rig.source.load()).resources,
      position: { ...before, epoch: before.epoch + 1 },
      source: { identity: 'one' },
    })
    expect(await exporter.exportOnce()).toMatchObject({
      resources: { manifest: { position: { epoch: before.epoch + 1 } } },
    })
    expect(loads()).toBe(2)
    await exporter.stop()
  })

  it('asks the source when what others have published contradicts what it has followed', async () => {
    const rig = await rigWithBackup()
    const { exporter, loads } = await follow(rig)
    // Another one that sees a later state, of a history in which `a` was another value at revision 3.
    const publication = await rig.store.resources.begin()
    const { position: before } = publication.base ?? { position: { epoch: 1, revision: 3 } }
    rig.source.put('resources', route('d'))
    rig.source.put('resources', route('e'))
    await rig.clock.turn(10)
    const entries = [route('a', { other: true }), route('b'), route('c'), route('d')]
    await publication.publish({ entries, position: { ...before, revision: 4 }, source: { identity: 'one' } })
    expect(await exporter.exportOnce()).toMatchObject({ resources: { status: 'held' } })
    expect(loads()).toBe(2)
    await exporter.stop()
  })
})
