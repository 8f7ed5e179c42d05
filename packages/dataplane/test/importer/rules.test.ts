import '@outlast/virtual-time/at-once'
import type { ConfigSource } from '@outlast/snapshot'
import { faultyStorage } from '@outlast/storage-testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryNote } from './memory-note.ts'
import { blackHole, publish, refusing, remoteStore, route, World } from './world.ts'

const by = { actor: 'ada', reason: 'INC-7' }
/** Every store was asked once more by then. */
const pollMs = 11_000

/** The ten rules of a data plane, one telling story each. What else follows from them is in the files beside this one. */
describe('a data plane keeps', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  /** Another process: what was in effect in the one before is gone with it. */
  const restart = async (options: Parameters<World['start']>[0]): Promise<void> => {
    await world.node?.stop()
    world.sink.inEffect.clear()
    await world.startReady(options)
  }
  const loseEverything = (): void => {
    world.live.fail(new Error('connection reset'))
    world.bucketFault = 'fail-before'
    world.diskFault = 'fail-before'
  }
  const damageBucket = async (): Promise<void> => {
    for await (const key of world.bucket.list(''))
      if (key.includes('/parts/')) await world.bucket.put(key, new TextEncoder().encode('rotten'))
  }

  it('rule 1: a running configuration is never thrown away', async () => {
    const node = await world.startReady()
    loseEverything()
    await world.clock.turn(3_600_000)
    expect(node.status()).toMatchObject({ mode: 'holding', ready: true })
    expect(world.sink.content).toEqual(['routes/a=1'])
    expect(world.sink.changes).toHaveLength(1)
  })

  it('rule 2: one source for the whole configuration: the control plane within the boot timeout, else the highest position', async () => {
    const lagging = new World()
    await publish(lagging.published, { routes: [route('a', 'lagging'), route('z', 'lagging')], revision: 90 })
    await publish(world.published, { routes: [route('a', 'newest')], revision: 95 })
    const stores = [lagging.store(), world.store()]
    const node = world.start({ live: blackHole, stores })
    await world.clock.turn(1_999)
    expect(node.status().ready).toBe(false)
    await world.clock.turn(1)
    await world.started
    // Nothing of the other store, which has a route more.
    expect(world.sink.content).toEqual(['routes/a="newest"'])
  })

  it('rule 3: the last good configurations survive the loss of control plane and stores, and damage', async () => {
    await world.startReady()
    await world.clock.turn(2_000)
    world.live.put('resources', route('b'))
    await world.serves(['routes/a=1', 'routes/b=1'])
    await world.clock.turn(2_000)
    await world.node?.stop()
    const newest = await remoteStore(world.disk, world.clock).resources.latest()
    expect(newest?.manifest.position.revision).toBe(101)
    for (const { key } of newest?.manifest.parts ?? [])
      await world.disk.put(`groups/default/resources/${key}`, new TextEncoder().encode('rotten'))
    await restart({ live: refusing, stores: [] })
    expect(world.sink.content).toEqual(['routes/a=1'])
  })

  it('rule 4: a bad item is quarantined while its last good version stays, and the rest applies', async () => {
    world.sink.invalid.set('"bad"', 'is bad')
    const node = await world.startReady()
    world.live.put('resources', route('a', 'bad'))
    world.live.put('resources', route('b', 'good'))
    await world.serves(['routes/a=1', 'routes/b="good"'])
    expect(node.status().quarantined).toMatchObject([{ kind: 'routes', id: 'a', reason: 'is bad' }])
  })

  it('rule 5: a snapshot that kills the process twice is passed over for the one before it', async () => {
    await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
    await publish(world.published, { routes: [route('a', 'deadly')], revision: 95 })
    const note = new MemoryNote()
    for (let deaths = 0; deaths < 2; deaths++) {
      const dying = Promise.withResolvers<void>()
      const apply = async (): Promise<void> => {
        dying.resolve()
        await new Promise(() => {})
      }
      // What a process that is dead writes afterwards reaches no disk.
      const own = { read: async () => note.read(), write: async (text: string) => note.write(text) }
      const node = world.start({ live: refusing, sink: { validate: () => undefined, apply }, poison: { note: own } })
      await dying.promise
      own.write = async () => {}
      void node.stop()
      world.node = undefined
    }
    const node = await world.startReady({ live: refusing, poison: { note } })
    expect(world.sink.content).toEqual(['routes/a="good"'])
    expect(node.status().poisoned).toMatchObject([{ deaths: 2 }])
  })

  it('rule 6: a control plane that comes back empty wipes nobody, at boot neither; one that is whole is followed again', async () => {
    await publish(world.published, { routes: [route('a')], revision: 100 })
    await world.startReady()
    world.live.fail(new Error('connection reset'))
    await world.inMode('holding')
    world.live.replace({ revision: 101, resources: [] })
    world.live.fail(undefined)
    await world.clock.turn(pollMs)
    const held = 'the control plane answers with an empty configuration'
    expect(world.node?.status()).toMatchObject({ mode: 'holding', held })
    await restart({})
    expect(world.node?.status()).toMatchObject({ mode: 'standalone', held })
    expect(world.sink.content).toEqual(['routes/a=1'])

    world.live.replace({ revision: 102, resources: [route('a', 'mended')] })
    await world.clock.turn(2 * pollMs)
    await world.serves(['routes/a="mended"'])
    await world.inMode('live')
  })

  it('rule 7: ready once a complete revision is in effect, and from then on, connected or not', async () => {
    const node = world.start({ live: refusing, stores: [] })
    await world.clock.turn(60_000)
    expect(node.status()).toMatchObject({ mode: 'starting', ready: false })
    node.reconfigure({ live: world.live, stores: [] })
    await world.started
    expect(node.status()).toMatchObject({ mode: 'live', ready: true })
    loseEverything()
    await world.clock.turn(600_000)
    expect(node.status()).toMatchObject({ mode: 'holding', ready: true })
  })

  it.each(['standalone', 'freeze', 'pin'] as const)(
    'rule 8: an operator orders %s, with name and reason on record, and over a restart',
    async (order) => {
      const orders = new MemoryNote()
      await publish(world.published, { routes: [route('a')], revision: 100 })
      await world.startReady({ orders })
      const { control } = world.node ?? {}
      expect(await (order === 'pin' ? control?.pin(1, by) : control?.[order](by))).toMatchObject({ outlives: true })
      expect(world.log).toContainEqual(
        expect.objectContaining({ fields: expect.objectContaining({ audit: order, ...by }) }),
      )
      await world.clock.turn(2_000)
      world.live.put('resources', route('b'))
      await restart({ orders })
      await world.clock.turn(60_000)
      expect(world.sink.content).toEqual(['routes/a=1'])
      expect(Object.values(world.node?.status().orders ?? {})).toContainEqual(expect.objectContaining(by))
    },
  )

  it('rule 9: the store is read as often in peace as in an outage, and so what is wrong with it is known before it is needed', async () => {
    let reads = 0
    const counting = faultyStorage(world.bucket, {
      onCall: () => {
        reads += 1
        return undefined
      },
    })
    const readsIn = async (ms: number): Promise<number> => {
      const before = reads
      await world.clock.turn(ms)
      return reads - before
    }
    await publish(world.published, { routes: [route('a')], revision: 100 })
    const node = await world.startReady({ stores: [remoteStore(counting, world.clock)] })
    expect(node.status().mode).toBe('live')
    await world.clock.turn(pollMs)
    const inPeace = await readsIn(600_000)
    expect(inPeace).toBeGreaterThan(50)

    await publish(world.published, { routes: [route('a', 2)], revision: 101 })
    await damageBucket()
    await world.clock.turn(pollMs)
    expect(node.status()).toMatchObject({ mode: 'live', sources: { stores: [{ lastError: expect.anything() }] } })

    await publish(world.published, { routes: [route('a', 3)], revision: 102 })
    world.live.fail(new Error('connection reset'))
    await world.clock.turn(pollMs)
    expect(node.status()).toMatchObject({ mode: 'standalone', position: { revision: 102 } })
    expect(await readsIn(600_000)).toBe(inPeace)
  })

  it.each<[string, ConfigSource | undefined]>([
    ['refuses', refusing],
    ['never answers, and heeds no signal', blackHole],
    [
      'cannot even be asked',
      {
        name: 'no certificate',
        load: () => {
          throw new Error('the certificate cannot be read')
        },
      },
    ],
    ['does not exist', undefined],
  ])('rule 10: booting from a store needs nothing of a control plane that %s', async (_what, live) => {
    await publish(world.published, { routes: [route('a', 'backup')], revision: 90 })
    const node = world.start({ live, local: undefined })
    await world.clock.turn(2_000)
    await world.started
    expect(node.status()).toMatchObject({ mode: 'standalone', ready: true, position: { epoch: 1_000, revision: 90 } })
    expect(world.sink.content).toEqual(['routes/a="backup"'])
  })
})
