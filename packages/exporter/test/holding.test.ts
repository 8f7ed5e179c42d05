import '@outlast/virtual-time/at-once'
import { memorySource, silentLogger, snapshotStore } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import { createExporter } from '../src/index.ts'
import { exporterRig, keyring, route } from './exporter-rig.ts'

describe('holding', () => {
  it('never replaces a backup by an empty configuration, and says so once', async () => {
    const { exporter, source, store, held, backup, clock } = exporterRig()
    source.put('resources', route('a'))
    source.put('resources', route('b'))
    source.put('resources', { kind: 'upstreams', id: 'u', value: {} })
    await exporter.exportOnce()
    source.replace({})

    const outcome = await exporter.exportOnce()
    await clock.turn(2_000)
    await exporter.exportOnce()

    const reason = "the source's resources configuration is empty, the snapshot holds 3 entries"
    expect(outcome.resources).toStrictEqual({ status: 'held', reason })
    expect(held).toStrictEqual([{ domain: 'resources', reason, summary: 'would remove 2 routes, 1 upstream' }])
    expect(exporter.status().domains.resources).toMatchObject({ sequence: 1, revision: 3, held: { reason } })
    expect(await store.resources.latest()).toMatchObject({ held: reason, matchedRevision: 3, checkedAt: clock.now() })
    expect(await backup()).toStrictEqual(['a', 'b', 'u'])
  })

  it('tells once, however often the source goes on meanwhile, and shows each time what is held then', async () => {
    const { exporter, source, held } = exporterRig()
    source.replace({ revision: 100, resources: [route('a')] })
    await exporter.exportOnce()
    source.replace({ revision: 2, resources: [route('b')] })
    for (const id of ['c', 'd', 'e']) {
      source.put('resources', route(id))
      await exporter.exportOnce()
      const { reason, changes } = exporter.status().domains.resources.held ?? {}
      expect(reason).toMatch(/^the source went back: it stands at revision [345], and has been at 100$/)
      expect(changes?.added.entries).toContainEqual({ kind: 'routes', id })
    }
    expect(held).toHaveLength(1)
  })

  it('goes on by itself when the source is filled again, and would tell about the next hold', async () => {
    const { exporter, source, store, held, backup } = exporterRig()
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.replace({})
    await exporter.exportOnce()
    source.put('resources', route('b'))
    await exporter.exportOnce()

    expect(await backup()).toStrictEqual(['b'])
    expect(exporter.status().domains.resources.held).toBeUndefined()
    expect((await store.resources.latest())?.held).toBeUndefined()
    source.replace({})
    await exporter.exportOnce()
    expect(held).toHaveLength(2)
  })

  it('holds the instance configuration too when the resources are not to be trusted', async () => {
    const { exporter, source, store } = exporterRig()
    source.put('instance', keyring('k1'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.replace({ instance: [keyring('k2')] })

    const { instance } = await exporter.exportOnce()

    expect(instance).toStrictEqual({ status: 'held', reason: 'the resources configuration is held' })
    expect((await store.instance.latest())?.manifest.sequence).toBe(1)
  })

  it('holds the resources when the keyring is gone', async () => {
    const { exporter, source, held, backup } = exporterRig()
    source.put('instance', keyring('k1'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.replace({ resources: [route('b')] })

    expect((await exporter.exportOnce()).resources.status).toBe('held')
    expect(held).toMatchObject([{ domain: 'instance', summary: 'would remove 1 keyring' }])
    expect(await backup()).toStrictEqual(['a'])
  })

  it('continues under a new epoch when another source has equal content', async () => {
    const { exporter, source, store, clock } = exporterRig()
    source.put('instance', keyring('k'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    const before = (await store.resources.latest())?.manifest.position.epoch ?? 0
    await clock.turn(1_000_000)
    source.replace({ identity: 'two', revision: 1, resources: [route('a')], instance: [keyring('k')] })

    const { resources } = await exporter.exportOnce()

    const position = { epoch: before + 1000, revision: 1 }
    expect(resources).toMatchObject({
      status: 'published',
      manifest: { sequence: 2, position, source: { identity: 'two' }, needs: { instance: position } },
    })
  })

  it('knows equal content of another source by its digest, and makes a backup whole that has lost a part', async () => {
    const storage = memoryStorage()
    const open = () => snapshotStore({ group: 'default', resources: storage, instance: storage })
    const exportFrom = async (identity: string) => {
      const source = memorySource({ identity, resources: [route('a'), route('b')] })
      return await createExporter({ store: open(), source, schedule: '@hourly' }).exportOnce()
    }
    const { resources: first } = await exportFrom('one')
    if (!('manifest' in first)) throw new Error(`Expected a snapshot, got: ${first.status}`)
    await storage.delete(`groups/default/resources/${first.manifest.parts[0]?.key ?? ''}`)

    expect((await exportFrom('two')).resources).toMatchObject({ status: 'published', manifest: { sequence: 2 } })
    expect((await open().resources.load(2)).entries).toHaveLength(2)
  })

  it('raises the epoch even when the clock was set back', async () => {
    const { exporter, source, clock } = exporterRig()
    source.put('resources', route('a'))
    const first = await exporter.exportOnce()
    clock.set(0)
    source.identity = 'two'
    const second = await exporter.exportOnce()
    const epochs = [first, second].map(({ resources }) => 'manifest' in resources && resources.manifest.position.epoch)
    expect(epochs[1]).toBe(Number(epochs[0]) + 1)
  })

  it('holds when another source has different content, as long as it takes', async () => {
    const { exporter, source, held, backup, clock } = exporterRig()
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.replace({ identity: 'two', revision: 100, resources: [route('b'), route('c')] })

    for (let hour = 0; hour < 5; hour++) {
      await exporter.exportOnce()
      await clock.turn(3_600_000)
    }

    expect(held).toStrictEqual([
      {
        domain: 'resources',
        reason: 'source identity changed from one to two, with different content',
        summary: 'would remove 1 route; would add 2 routes',
      },
    ])
    expect(await backup()).toStrictEqual(['a'])
    source.replace({ identity: 'one', revision: 5, resources: [route('d')] })
    await exporter.exportOnce()
    expect(await backup()).toStrictEqual(['d'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('pager is down')
      },
    ],
    ['rejects', async () => await Promise.reject(new Error('pager is down'))],
  ])('survives a callback that %s, and says so', async (_what, onHeld) => {
    const complaints: object[] = []
    const error = (fields: object): void => void complaints.push(fields)
    const rig = exporterRig({ onHeld, logger: { ...silentLogger, error } })
    rig.source.put('resources', route('a'))
    await rig.exporter.exportOnce()
    rig.source.replace({})
    expect((await rig.exporter.exportOnce()).resources.status).toBe('held')
    expect(complaints).toStrictEqual([{ group: 'default', error: 'pager is down' }])
  })
})
