import '@outlast/virtual-time/at-once'
import { pollSource, type SourceState } from '@outlast/snapshot'
import { settled } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'
import { exporterRig, keyring, route } from './exporter-rig.ts'

describe('one export', () => {
  it('publishes instance before resources, which name the instance snapshot that they need', async () => {
    const { exporter, source, store, published, clock } = exporterRig()
    source.put('instance', keyring('k'))
    source.put('resources', route('a'))

    const { instance, resources } = await exporter.exportOnce()

    expect(published).toStrictEqual(['instance#1', 'resources#1'])
    const position = { epoch: clock.now() / 1000, revision: 2 }
    expect(instance).toMatchObject({ status: 'published', manifest: { position, source: { identity: 'one' } } })
    expect(resources).toMatchObject({ status: 'published', manifest: { position, needs: { instance: position } } })
    expect((await store.resources.latest())?.matchedRevision).toBe(2)
    expect(exporter.status()).toMatchObject({
      running: false,
      lastAttemptAt: clock.now(),
      lastSuccessAt: clock.now(),
      domains: { instance: { sequence: 1, revision: 2 }, resources: { sequence: 1, revision: 2 } },
    })
  })

  it('writes nothing but the heartbeat when nothing has changed', async () => {
    const { exporter, source, store, clock, published } = exporterRig()
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.put('resources', route('a'))
    await clock.turn(5_000)

    expect((await exporter.exportOnce()).resources.status).toBe('unchanged')

    expect(published).toStrictEqual(['resources#1'])
    expect(await store.resources.latest()).toMatchObject({ matchedAt: clock.now(), matchedRevision: 2 })
    expect(exporter.status().domains.resources).toStrictEqual({
      sequence: 1,
      position: { epoch: (clock.now() - 5_000) / 1000, revision: 1 },
      entries: 1,
      revision: 2,
      matchedAt: clock.now(),
    })
  })

  it('stores nothing for a source that was never filled', async () => {
    const { exporter, store } = exporterRig()
    expect(await exporter.exportOnce()).toStrictEqual({ instance: { status: 'empty' }, resources: { status: 'empty' } })
    expect(await store.resources.latest()).toBeUndefined()
  })

  it('keeps resources that need no instance configuration free of needs', async () => {
    const { exporter, source } = exporterRig()
    source.put('resources', route('a'))
    const { resources } = await exporter.exportOnce()
    expect(resources.status === 'published' && 'needs' in resources.manifest).toBe(false)
  })

  it('publishes no resources when the instance domain fails', async () => {
    const { exporter, source, breakStorage, backup } = exporterRig()
    source.put('instance', keyring('k1'))
    source.put('resources', route('a'))
    await exporter.exportOnce()
    source.put('instance', keyring('k2'))
    source.put('resources', route('b'))
    breakStorage('instance', 'fail-before')

    await expect(exporter.exportOnce()).rejects.toMatchObject({ name: 'StorageError', code: 'unavailable' })
    expect(await backup()).toStrictEqual(['a'])
    expect(exporter.status().lastError?.message).toMatch(/planned failure/)

    breakStorage('instance', undefined)
    await exporter.exportOnce()
    expect(await backup()).toStrictEqual(['a', 'b'])
  })

  it('asks the source only after it has read the bases', async () => {
    const rig = exporterRig()
    const { clock, store } = rig
    let states = 0
    const state = (revision: number, ...ids: string[]): SourceState => ({
      identity: 'one',
      revision,
      resources: ids.map((id) => route(id)),
      instance: [],
    })
    const other = rig.another({ source: pollSource({ identity: 'one', load: async () => state(7, 'new') }) })
    const exporter = rig.another({
      source: pollSource({
        identity: 'one',
        // The first answer is already old when it arrives: the other exporter has published in between.
        load: async () => {
          states++
          if (states > 1) return state(7, 'new')
          await other.exportOnce()
          return state(6, 'old')
        },
      }),
    })
    const exporting = exporter.exportOnce()
    await clock.turnUntilSettled(exporting)

    expect((await exporting).resources.status).toBe('unchanged')
    expect(states).toBe(2)
    expect(await rig.backup()).toStrictEqual(['new'])
    expect((await store.resources.latest())?.manifest.sequence).toBe(1)
  })

  it('gives a source up that never answers', async () => {
    const rig = exporterRig()
    const source = pollSource({ identity: 'one', load: async () => await new Promise<SourceState>(() => {}) })
    const exporter = rig.another({ source, loadTimeoutMs: 5_000 })
    const failure = exporter.exportOnce().catch((error: unknown) => error)
    await settled()
    expect(rig.clock.sleeping).toBe(1)
    await rig.clock.turn(5_000)
    expect(await failure).toMatchObject({ name: 'ExporterError', code: 'too-late' })
    expect(rig.clock.sleeping).toBe(0)
  })

  it('ends with the reason of its signal', async () => {
    const { exporter } = exporterRig()
    await expect(exporter.exportOnce({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect(exporter.status().lastError).toBeUndefined()
  })
})
