import '@outlast/virtual-time/at-once'
import { memorySource } from '@outlast/snapshot'
import { settled, until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDataPlane, type ConfigSink } from '../../src/importer/index.ts'
import { blackHole, publish, refusing, route, World } from './world.ts'

describe('a start', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  it('takes the control plane when it answers, even if a snapshot is there', async () => {
    await publish(world.published, { routes: [route('a', 'old')], revision: 90 })
    const node = await world.startReady()
    expect(world.sink.content).toEqual(['routes/a=1'])
    expect(node.status()).toMatchObject({
      mode: 'live',
      ready: true,
      source: 'control plane',
      position: { epoch: 1_000, revision: 100 },
      held: undefined,
    })
  })

  it('takes a snapshot at once when the control plane refuses connections', async () => {
    await publish(world.published, { routes: [route('b')], revision: 90 })
    const node = await world.startReady({ live: refusing })
    expect(world.sink.content).toEqual(['routes/b=1'])
    expect(node.status()).toMatchObject({
      mode: 'standalone',
      source: 'memory:',
      position: { epoch: 1_000, revision: 90 },
    })
    expect(node.status().sources.live?.lastError?.message).toBe('connect ECONNREFUSED')
  })

  it('waits for a black-holed control plane until the boot timeout, and no longer', async () => {
    await publish(world.published, { routes: [route('b')], revision: 90 })
    const node = world.start({ live: blackHole, bootTimeoutMs: 700 })
    await until(() => node.status().sources.stores[0]?.lastSuccessAt !== undefined, 'the store was read')
    await world.clock.turn(699)
    expect(node.status()).toMatchObject({ mode: 'starting', ready: false })
    await world.clock.turn(1)
    await world.started
    expect(node.status().mode).toBe('standalone')
  })

  it('takes the highest position among remote stores and the local one', async () => {
    await world.startReady()
    await world.node?.stop()
    // The local copy now says revision 100; one store is older, one is newer.
    await publish(world.published, { routes: [route('a', 'older')], revision: 90 })
    const node = await world.startReady({ live: refusing })
    expect(world.sink.content).toEqual(['routes/a=1'])
    await node.stop()
    await publish(world.published, { routes: [route('a', 'newer')], revision: 110 })
    await world.startReady({ live: refusing })
    expect(world.sink.content).toEqual(['routes/a="newer"'])
  })

  it('needs nothing but its own disk, and does not wait for the timeout when everyone else has refused', async () => {
    await world.startReady()
    await world.node?.stop()
    world.bucketFault = 'fail-before'
    const node = await world.startReady({ live: refusing })
    expect(node.status()).toMatchObject({ mode: 'standalone', position: { revision: 100 } })
    expect(node.status().sources.stores[0]?.lastError?.message).toContain('planned failure')
  })

  it('does not wait longer than the boot timeout for a store that hangs', async () => {
    await world.startReady()
    await world.node?.stop()
    world.bucketFault = 'hang'
    const node = world.start({ live: refusing })
    await world.clock.turn(1_999)
    expect(node.status().mode).toBe('starting')
    await world.clock.turn(1)
    await world.started
    expect(node.status()).toMatchObject({ mode: 'standalone', position: { revision: 100 } })
  })

  it('is ready with an empty configuration on a first installation', async () => {
    const node = await world.startReady({ live: memorySource({ identity: 'cp', name: 'control plane' }) })
    expect(node.status()).toMatchObject({ mode: 'live', ready: true, position: { epoch: 0, revision: 0 } })
    expect(world.sink.changes).toHaveLength(1)
  })

  it('does not believe an empty control plane while no store can tell whether there was something before', async () => {
    world.bucketFault = 'fail-before'
    const live = memorySource({ identity: 'cp', name: 'control plane' })
    const node = world.start({ live })
    await world.clock.turn(60_000)
    expect(node.status()).toMatchObject({ mode: 'starting', ready: false })
    expect(node.status().held).toContain('empty configuration')
    live.put('resources', route('first'))
    await world.started
    expect(node.status()).toMatchObject({ mode: 'live', held: undefined })
  })

  it('takes the snapshot when the control plane came back empty', async () => {
    await publish(world.published, { routes: [route('a')], revision: 90 })
    const node = await world.startReady({ live: memorySource({ identity: 'new', name: 'control plane' }) })
    expect(world.sink.content).toEqual(['routes/a=1'])
    expect(node.status()).toMatchObject({
      mode: 'standalone',
      held: 'the control plane answers with an empty configuration',
    })
  })

  it('takes the local copy when the control plane came back older', async () => {
    await world.startReady()
    await world.node?.stop()
    const live = memorySource({
      identity: 'cp',
      name: 'control plane',
      revision: 50,
      resources: [route('a', 'restored')],
    })
    const node = await world.startReady({ live })
    expect(world.sink.content).toEqual(['routes/a=1'])
    expect(node.status().held).toBe('the control plane answers with revision 50, but 100 was reached')
  })

  it('keeps trying when nobody has anything, and takes whoever is first', async () => {
    world.bucketFault = 'fail-before'
    world.live.fail(new Error('down'))
    const node = world.start()
    await world.clock.turn(3_600_000)
    expect(node.status()).toMatchObject({ mode: 'starting', ready: false })
    world.bucketFault = undefined
    await publish(world.published, { routes: [route('b')], revision: 90 })
    await world.clock.turn(11_000)
    await world.started
    expect(node.status().mode).toBe('standalone')
    expect(world.sink.content).toEqual(['routes/b=1'])
  })

  it('goes back as far as it must when the sink refuses one snapshot after the other', async () => {
    for (const [revision, value] of [
      [90, 'good'],
      [95, 'refused'],
      [97, 'refused too'],
      [99, 'refused as well'],
    ] as const)
      await publish(world.published, { routes: [route('a', value)], revision })
    const sink: ConfigSink = {
      validate: (entry) => world.sink.validate(entry),
      apply: async (change) => {
        if (change.upserted.some(({ value }) => JSON.stringify(value).startsWith('"refused')))
          throw new Error('HTTP 400')
        await world.sink.apply(change)
      },
    }
    world.start({ live: refusing, sink })
    await settled()
    expect(world.sink.content).toEqual(['routes/a="good"'])
  })

  it('does not go back through everything for a sink that refuses everything, and serves the newest when that is over', async () => {
    for (let revision = 70; revision < 100; revision++)
      await publish(world.published, { routes: [route('a', revision)], revision })
    let applied = 0
    const sink: ConfigSink = {
      validate: (entry) => world.sink.validate(entry),
      apply: async (change) => {
        applied++
        await world.sink.apply(change)
      },
    }
    world.sink.failure = new Error('no space left')
    world.start({ live: refusing, sink })
    await world.clock.turn(2_500)
    expect(applied).toBe(11)
    world.sink.failure = undefined
    await world.clock.turn(11_000)
    expect(world.sink.content).toEqual(['routes/a=99'])
  })

  it('goes back to what the sink refused at first, when there is nothing before that', async () => {
    await publish(world.published, { routes: [route('a', 'refused at first')], revision: 90 })
    await publish(world.published, { routes: [route('a', 'refused')], revision: 99 })
    const refused = new Set<unknown>(['refused', 'refused at first'])
    const sink: ConfigSink = {
      validate: (entry) => world.sink.validate(entry),
      apply: async (change) => {
        if (change.upserted.some(({ value }) => refused.has(value))) throw new Error('HTTP 400')
        await world.sink.apply(change)
      },
    }
    world.start({ live: refusing, sink })
    await settled()
    expect(world.node?.status()).toMatchObject({ ready: false, applyError: { message: 'HTTP 400' } })
    refused.delete('refused at first')
    await world.clock.turn(11_000)
    expect(world.sink.content).toEqual(['routes/a="refused at first"'])
  })

  it('rejects when it is stopped before anything is in effect', async () => {
    const node = world.start({ live: blackHole, stores: [], local: undefined })
    await settled()
    await node.stop()
    await expect(world.started).rejects.toThrow('stopped before')
  })

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController()
    const node = createDataPlane({ live: blackHole, stores: [], sink: world.sink, clock: world.clock })
    const started = node.start({ signal: controller.signal })
    controller.abort(new Error('changed my mind'))
    await expect(started).rejects.toThrow('changed my mind')
    await node.stop()
  })

  it('without a control plane to follow is standalone', async () => {
    await publish(world.published, { routes: [route('b')], revision: 90 })
    const node = await world.startReady({ live: undefined })
    expect(node.status()).toMatchObject({ mode: 'standalone', held: undefined })
    expect(node.status().sources.live).toBeUndefined()
  })

  it('hands instance entries to the sink before resources', async () => {
    const instance = [{ kind: 'keyring', id: '1', value: 'k' }]
    await publish(world.published, { routes: [route('a')], instance, revision: 90 })
    await world.startReady({ live: undefined })
    expect(world.sink.changes[0]?.upserted.map(({ kind }) => kind)).toEqual(['keyring', 'routes'])
  })
})
