import '@outlast/virtual-time/at-once'
import { getEventListeners } from 'node:events'
import { pollSource, type SourceUpdate } from '@outlast/snapshot'
import { settled } from '@outlast/virtual-time'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exporter } from '../src/index.ts'
import { exporterRig, route, type ExporterRig } from './exporter-rig.ts'

describe('a running exporter', () => {
  const started: Exporter[] = []
  const start = async (exporter: Exporter): Promise<void> => {
    started.push(exporter)
    await exporter.start()
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (exporter) => exporter.stop()))
  })

  /** Waits until the source is asked: the load has a deadline, and the next verification is due one day. */
  const asksSource = async ({ clock }: ExporterRig): Promise<void> => {
    await settled()
    expect(clock.sleeping).toBe(2)
  }

  it('exports at once, and then on schedule', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    const begin = rig.clock.now()
    await start(rig.exporter)
    expect(await rig.backup()).toStrictEqual(['a'])
    expect(rig.exporter.status()).toMatchObject({ running: true, nextRunAt: begin + 60_000 })

    await rig.clock.turn(60_000)
    await settled()
    expect(rig.exporter.status().lastSuccessAt).toBe(begin + 60_000)
    expect(rig.published).toStrictEqual(['resources#1'])
  })

  it('exports a change after the quiet time, and a burst as one', async () => {
    const rig = exporterRig()
    rig.source.put('resources', route('a'))
    await start(rig.exporter)
    for (const id of ['b', 'c', 'd']) {
      rig.source.put('resources', route(id))
      await rig.clock.turn(50)
    }
    expect(await rig.backup()).toStrictEqual(['a'])
    await rig.reaches(['a', 'b', 'c', 'd'])
    expect(rig.published).toStrictEqual(['resources#1', 'resources#2'])
  })

  it('does not load what it has watched', async () => {
    const rig = exporterRig()
    let loads = 0
    const watched = {
      name: 'counted',
      load: async () => {
        loads++
        return await rig.source.load()
      },
      watch: rig.source.watch?.bind(rig.source),
    }
    if (watched.watch === undefined) throw new Error('a memory source can be watched')
    const exporter = rig.another({ source: { ...watched, watch: watched.watch } })
    rig.source.put('resources', route('a'))
    await start(exporter)
    rig.source.put('resources', route('b'))
    await rig.reaches(['a', 'b'])
    expect(loads).toBe(1)
  })

  it('exports on trigger when the source cannot be watched', async () => {
    const rig = exporterRig()
    const exporter = rig.another({ source: pollSource({ identity: 'one', load: async () => await rig.source.load() }) })
    rig.source.put('resources', route('a'))
    await start(exporter)
    rig.source.put('resources', route('b'))
    exporter.trigger()
    await rig.reaches(['a', 'b'])
    expect(exporter.status().domains.resources).toMatchObject({ sequence: 2 })
  })

  it('runs once more after a cycle during which it was triggered, and never two at a time', async () => {
    const rig = exporterRig()
    let loading = 0
    let most = 0
    let loads = 0
    const gates: (() => void)[] = []
    const source = pollSource({
      identity: 'one',
      load: async () => {
        most = Math.max(most, ++loading)
        loads++
        await new Promise<void>((resolve) => gates.push(resolve))
        loading--
        return await rig.source.load()
      },
    })
    const exporter = rig.another({ source, schedule: { everyMs: 3_600_000 } })
    const starting = start(exporter)
    await settled()
    expect(gates.length).toBe(1)
    for (let count = 0; count < 5; count++) exporter.trigger()
    const once = exporter.exportOnce()
    gates.shift()?.()
    await starting
    await settled()
    expect(gates.length).toBe(1)
    gates.shift()?.()
    await once
    await rig.clock.turn(1_000)
    await settled()
    expect(gates.length).toBe(1)
    gates.shift()?.()
    await settled()
    expect(exporter.status().nextRunAt).toBeGreaterThan(rig.clock.now() + 1_000_000)
    await rig.clock.turn(10_000)
    expect({ most, loads }).toStrictEqual({ most: 1, loads: 3 })
  })

  it('records failures, tries again before the schedule says, and recovers by itself', async () => {
    const rig = exporterRig({ schedule: '@hourly' })
    rig.source.put('resources', route('a'))
    rig.breakStorage('resources', 'fail-before')
    await start(rig.exporter)
    expect(rig.exporter.status()).toMatchObject({ running: true, lastError: { at: rig.clock.now() } })
    expect(rig.exporter.status().lastSuccessAt).toBeUndefined()
    rig.breakStorage('resources', undefined)
    await rig.reaches(['a'])
  })

  it('takes a broken watch up again', async () => {
    const rig = exporterRig({ schedule: '@yearly' })
    rig.source.put('resources', route('a'))
    await start(rig.exporter)
    rig.source.fail(new Error('the control plane is away'))
    await settled()
    expect(rig.exporter.status().lastError?.message).toBe('the control plane is away')
    await rig.clock.turn(30_000)
    rig.source.put('resources', route('b'))
    rig.source.fail(undefined)
    await rig.reaches(['a', 'b'])
  })

  it('asks the source when what it has watched stands behind the backup (fake watch)', async () => {
    const rig = exporterRig()
    const silent = {
      name: 'silent',
      load: async () => await rig.source.load(),
      watch: async function* (): AsyncGenerator<SourceUpdate> {
        await new Promise(() => {})
        yield { type: 'progress', revision: 0 }
      },
    }
    rig.source.put('resources', route('a'))
    const slow = rig.another({ source: silent })
    await slow.start()
    rig.source.put('resources', route('b'))
    await rig.exporter.exportOnce()
    const { resources } = await slow.exportOnce()
    expect(resources).toMatchObject({ status: 'unchanged', manifest: { sequence: 2 } })
    expect(await rig.backup()).toStrictEqual(['a', 'b'])
    await slow.stop()
  })

  it('does not go round in circles while it holds a source that always begins with its state (fake watch)', async () => {
    const rig = exporterRig({ schedule: '@yearly' })
    for (const id of ['a', 'b', 'c']) rig.source.put('resources', route(id))
    await rig.exporter.exportOnce()
    const wiped = { identity: 'one', revision: 1, resources: [], instance: [] }
    let loads = 0
    const source = {
      name: 'wiped',
      load: async () => {
        loads++
        return await Promise.resolve(wiped)
      },
      watch: async function* (): AsyncGenerator<SourceUpdate> {
        yield { type: 'state', state: wiped }
        await new Promise(() => {})
      },
    }
    const exporter = rig.another({ source })
    await start(exporter)
    for (let second = 0; second < 10; second++) await rig.clock.turn(1_000)
    expect(exporter.status().domains.resources.held?.reason).toMatch(/went back/)
    expect(loads).toBeLessThan(3)
    await exporter.stop()
  })

  it('takes up no watch after it was stopped', async () => {
    const rig = exporterRig()
    const gate = Promise.withResolvers<void>()
    const watches: (AbortSignal | undefined)[] = []
    const source = {
      name: 'slow',
      load: async () => {
        await gate.promise
        return await rig.source.load()
      },
      watch: ({ signal }: { readonly signal?: AbortSignal | undefined }): AsyncIterable<SourceUpdate> => {
        watches.push(signal)
        return (async function* () {
          await new Promise(() => {})
          yield { type: 'progress' as const, revision: 0 }
        })()
      },
    }
    rig.source.put('resources', route('a'))
    const exporter = rig.another({ source })
    const starting = exporter.start()
    await asksSource(rig)
    const stopping = exporter.stop()
    gate.resolve()
    await Promise.all([starting, stopping])
    expect(await rig.backup()).toStrictEqual(['a'])
    expect(watches.filter((signal) => signal?.aborted !== true)).toStrictEqual([])
  })

  it('lets the cycle in flight end when it is stopped', async () => {
    const rig = exporterRig()
    const gate = Promise.withResolvers<void>()
    const source = pollSource({
      identity: 'one',
      load: async () => {
        await gate.promise
        return await rig.source.load()
      },
    })
    rig.source.put('resources', route('a'))
    const exporter = rig.another({ source })
    const starting = exporter.start()
    await asksSource(rig)
    const stopping = exporter.stop()
    gate.resolve()
    await stopping
    await starting
    expect(await rig.backup()).toStrictEqual(['a'])
    expect(exporter.status()).toMatchObject({ running: false, nextRunAt: undefined })
    expect(rig.clock.sleeping).toBe(0)
  })

  it('lets go of its signal when it is stopped: that may live longer than many exporters', async () => {
    const { signal } = new AbortController()
    for (let count = 0; count < 3; count++) {
      const { exporter, source } = exporterRig()
      source.put('resources', route('a'))
      await exporter.start({ signal })
      await exporter.stop()
    }
    expect(getEventListeners(signal, 'abort')).toStrictEqual([])
  })

  it('ends at once when its signal aborts, the cycle in flight included', async () => {
    const rig = exporterRig()
    const controller = new AbortController()
    const source = pollSource({ identity: 'one', load: async () => await new Promise<never>(() => {}) })
    const exporter = rig.another({ source })
    const starting = exporter.start({ signal: controller.signal })
    await asksSource(rig)
    controller.abort()
    await starting
    expect(exporter.status()).toMatchObject({ running: false })
    expect(exporter.status().lastError).toBeUndefined()
    expect(rig.clock.sleeping).toBe(0)
  })

  it('starts once', async () => {
    const rig = exporterRig()
    await start(rig.exporter)
    await expect(rig.exporter.start()).rejects.toMatchObject({ name: 'ExporterError', code: 'already-started' })
  })
})
