import '@outlast/virtual-time/at-once'
import { silentLogger, type Floor } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { settled } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DataPlaneOptions } from '../../src/importer/index.ts'
import { floorNote } from '../../src/importer/floor-note.ts'
import { ordersNote } from '../../src/importer/orders.ts'
import { rememberedFields } from '../../src/importer/remembered-fields.ts'
import { StoreFollower } from '../../src/importer/store-follower.ts'
import { withoutKeys } from '../../src/importer/without-keys.ts'
import { MemoryNote } from './memory-note.ts'
import { publish, refusing, remoteStore, route, World } from './world.ts'

const by = { actor: 'ada', reason: 'INC-7' }
const pollMs = 11_000
const stableMs = 600_000

describe('the floor of a node', () => {
  let world: World
  let floors: MemoryNote
  beforeEach(() => {
    world = new World()
    floors = new MemoryNote()
  })
  afterEach(async () => {
    await world.end()
  })

  const status = () => world.status()
  /** A snapshot at this revision, which the one route tells. */
  const release = async (revision: number, instance?: string): Promise<void> => {
    const keys = instance === undefined ? [] : [{ kind: 'keyring', id: '1', value: instance }]
    await publish(world.published, { routes: [route('a', revision)], instance: keys, revision })
  }
  /** A node that has no control plane, and has lost what was on its disk but for the note. */
  const startWithNothing = async (options: Partial<DataPlaneOptions> = {}): Promise<void> => {
    await world.node?.stop()
    world.start({ live: refusing, local: memoryStorage(), floors, ...options })
    await world.clock.turn(3_000)
    await settled()
  }
  const serve = async (revision: number): Promise<void> => {
    await release(revision)
    await world.clock.turn(pollMs)
    expect(world.sink.content).toEqual([`routes/a=${revision}`])
  }
  const serveUntilStable = async (revision: number): Promise<void> => {
    await serve(revision)
    await world.clock.turn(stableMs + pollMs)
    expect(status().floors).toMatchObject([{ store: 'memory:', position: { epoch: 1_000, revision } }])
  }
  /** What somebody does who can write to the store, and wants nodes to go back. */
  const deleteNewest = async (count: number, domain = 'resources'): Promise<void> => {
    const keys: string[] = []
    for await (const key of world.bucket.list(`groups/default/${domain}/manifests/`)) keys.push(key)
    for (const key of keys.slice(-count)) await world.bucket.delete(key)
    await world.bucket.delete(`groups/default/${domain}/head.json`)
  }
  const belowFloor = 'is below the floor'

  it('rises to a snapshot only after that was in effect for ten minutes, and never sinks', async () => {
    await release(90)
    await startWithNothing()
    await world.clock.turn(stableMs - 5_000)
    expect(status()).toMatchObject({ floors: [], pace: { stableAfterMs: stableMs } })
    expect(floors.text).toBeUndefined()
    await world.clock.turn(2 * pollMs)
    expect(status().floors).toMatchObject([{ position: { revision: 90 } }])
    expect(floorNote.parse(floors.text ?? '').floors).toMatchObject([{ store: 'memory:', group: 'default' }])
    await serve(100)
    await world.clock.turn(stableMs - 2 * pollMs)
    expect(status().floors).toMatchObject([{ position: { revision: 90 } }])
    await world.clock.turn(3 * pollMs)
    expect(status().floors).toMatchObject([{ position: { revision: 100 } }])
  })

  it('rises while the control plane is followed too, to what the store has of that', async () => {
    await release(90)
    world.live.replace({ revision: 95, resources: [route('a', 95)] })
    await startWithNothing({ live: world.live })
    await world.clock.turn(2 * stableMs)
    expect(status()).toMatchObject({ mode: 'live', floors: [] })
    await release(95)
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status()).toMatchObject({ mode: 'live', floors: [{ position: { revision: 95 } }] })
  })

  it('rises also when there is something new all the time', async () => {
    await release(1)
    await startWithNothing()
    for (let revision = 2; revision <= 60; revision++) await serve(revision)
    // About ten minutes, and an eighth, behind.
    const behind = 60 - (status().floors[0]?.position.revision ?? 0)
    expect(behind).toBeGreaterThanOrEqual(Math.floor(stableMs / pollMs))
    for (let revision = 61; revision <= 160; revision++) await serve(revision)
    expect(160 - (status().floors[0]?.position.revision ?? 0)).toBeLessThan(65)
    expect(floors.writes).toBeLessThan(60)
  })

  it('keeps a node that has lost its own copies from an older snapshot that it has not run', async () => {
    await release(80)
    await release(90)
    await startWithNothing()
    await serveUntilStable(100)
    await deleteNewest(2)
    await startWithNothing()
    await world.clock.turn(pollMs)
    expect(status()).toMatchObject({ ready: false, mode: 'starting' })
    expect(status().sources.stores[0]?.lastError?.message).toContain(belowFloor)
  })

  it('is taken away by an operator, on record, and the older snapshot is served at once', async () => {
    await release(80)
    await release(90)
    await startWithNothing()
    expect(await world.node?.control.resetFloor(by)).toEqual({ status: 'refused', reason: 'there is no floor' })
    await serveUntilStable(100)
    await deleteNewest(2)
    await startWithNothing()
    expect(status().ready).toBe(false)
    expect(await world.node?.control.resetFloor(by)).toEqual({ status: 'done', outlives: true })
    await world.serves(['routes/a=80'])
    expect(status()).toMatchObject({ floors: [] })
    expect(floorNote.parse(floors.text ?? '').floors).toEqual([])
    const audits = world.log.filter(({ fields }) => 'audit' in fields && fields.audit === 'reset-floor')
    expect(audits.at(-1)?.fields).toMatchObject(by)
  })

  it('lets pass what the node has run itself', async () => {
    await release(80)
    await release(90)
    await startWithNothing()
    await world.clock.turn(stableMs + 2 * pollMs)
    await serve(100)
    await serve(110)
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status().floors).toMatchObject([{ position: { revision: 110 } }])
    await deleteNewest(1)
    await startWithNothing()
    expect(world.sink.content).toEqual(['routes/a=100'])
    await deleteNewest(2)
    await startWithNothing()
    expect(status().ready).toBe(false)
  })

  it('passes over what the node has not run for what it has', async () => {
    await release(90, 'old')
    await startWithNothing()
    await world.clock.turn(stableMs + 2 * pollMs)
    await world.node?.stop()
    await release(95, 'middle')
    await release(100, 'new')
    await startWithNothing()
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status().floors).toMatchObject([{ position: { revision: 100 } }])
    await deleteNewest(1)
    await startWithNothing()
    expect(world.sink.content).toContain('routes/a=90')
    expect(status().sources.stores[0]?.lastError?.message).toContain(belowFloor)
    // The same for the other half.
    await deleteNewest(1, 'instance')
    await startWithNothing()
    expect(world.sink.content).toEqual(['keyring/1="old"', 'routes/a=90'])
  })

  it('is written with all that the node has run: a minute later, or when the node stops', async () => {
    await release(80)
    await startWithNothing()
    await serveUntilStable(90)
    const served = (): number | undefined => floorNote.parse(floors.text ?? '').floors[0]?.resources.served.length
    expect(served()).toBe(2)
    await serve(100)
    expect(served()).toBe(2)
    await world.clock.turn(60_000 + 2 * pollMs)
    expect(served()).toBe(3)
    await serve(110)
    await world.clock.turn(pollMs)
    expect(served()).toBe(3)
    await world.node?.stop()
    expect(served()).toBe(4)
  })

  it('is written also when the clock was set back', async () => {
    await release(80)
    await startWithNothing()
    await serveUntilStable(90)
    await serve(100)
    const { writes } = floors
    world.clock.set(world.clock.now() - 86_400_000)
    await world.node?.control.fetchNow(by)
    await settled()
    expect(floors.writes).toBe(writes + 1)
    // What has waited since a time that is yet to come waits from now on.
    await world.clock.turn(stableMs)
    await world.node?.control.fetchNow(by)
    await settled()
    expect(status().floors).toMatchObject([{ position: { revision: 100 } }])
  })

  it('holds when the newest snapshot must not take effect and an earlier one is looked for', async () => {
    await release(80)
    await release(90)
    await release(100)
    // Without it nothing leads from the newest to the oldest.
    await world.bucket.delete('groups/default/resources/manifests/000000000002.json')
    const position = { epoch: 1_000, revision: 100 }
    const follow = async (floor: Floor | undefined): Promise<number | undefined> => {
      const follower = new StoreFollower({
        store: world.store(),
        fieldsOf: rememberedFields(withoutKeys('default')),
        clock: world.clock,
        logger: silentLogger,
        random: () => 0.5,
        pollIntervalMs: 10_000,
        floorOf: async (domain) => (domain === 'resources' ? floor : undefined),
        onPoll: () => {},
      })
      const { signal } = new AbortController()
      await follower.poll(signal)
      expect(follower.offer?.position.revision).toBe(100)
      await follower.lookBack(new Set([follower.offer?.digest ?? '']), signal)
      return follower.earlier?.position.revision
    }
    expect(await follow(undefined)).toBe(80)
    expect(await follow({ position })).toBeUndefined()
  })

  it('lets pass what a snapshot above it was built on, when that is damaged', async () => {
    await release(80)
    await startWithNothing({ stores: [] })
    await release(90)
    await startWithNothing()
    await serveUntilStable(100)
    for await (const key of world.bucket.list('groups/default/resources/parts/')) {
      const commit = key.split('/').at(-2)
      const newest = await world.published.resources.latest()
      if (commit === newest?.manifest.commitId) await world.bucket.put(key, new TextEncoder().encode('rotten'))
    }
    floors.text = floors.text?.replaceAll(/"served":\[[^\]]*\]/g, '"served":[]')
    await startWithNothing()
    expect(world.sink.content).toEqual(['routes/a=90'])
  })

  it('does not keep an operator from pinning what is below, also over a restart', async () => {
    const orders = new MemoryNote()
    await release(80)
    await release(90)
    await startWithNothing({ orders })
    await serveUntilStable(100)
    await deleteNewest(1)
    await startWithNothing({ orders })
    expect(await world.node?.control.pin(1, by)).toMatchObject({ status: 'done' })
    await world.serves(['routes/a=80'])
    await startWithNothing({ orders })
    expect(world.sink.content).toEqual(['routes/a=80'])
    expect(status().floors).toMatchObject([{ position: { revision: 100 } }])
  })

  it('does not keep a node from what an operator of the fleet rolls back to', async () => {
    await release(80)
    await startWithNothing()
    await serveUntilStable(100)
    await world.published.resources.operator.rollback(1, by)
    await startWithNothing()
    expect(world.sink.content).toEqual(['routes/a=80'])
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status().floors[0]?.position.epoch).toBeGreaterThan(1_000)
  })

  it('rises also while an accept waits for what the control plane no longer says', async () => {
    const orders = new MemoryNote()
    orders.text = ordersNote.format({ accepted: { ...by, at: 0, identity: 'cp', digest: 'sha256:gone' } })
    await release(1)
    await startWithNothing({ orders })
    for (let revision = 2; revision <= 80; revision++) await serve(revision)
    expect(status()).toMatchObject({ orders: { accepted: by }, floors: [{ store: 'memory:' }] })
  })

  it('does not rise to what was taken back within that time', async () => {
    await release(80)
    await startWithNothing()
    await serveUntilStable(90)
    await serve(100)
    await world.clock.turn(stableMs / 2)
    await world.node?.control.pin(2, by)
    await world.serves(['routes/a=90'])
    await world.clock.turn(2 * stableMs)
    expect(status().floors).toMatchObject([{ position: { revision: 90 } }])
  })

  it('does not keep a node from a store that lags behind another', async () => {
    const replica = remoteStore(memoryStorage({ name: 'replica' }), world.clock)
    await publish(replica, { routes: [route('a', 80)], revision: 80 })
    await release(90)
    await startWithNothing({ stores: [world.store(), replica] })
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status().floors.map(({ store }) => store)).toEqual(['memory:'])
    world.bucketFault = 'fail-before'
    await startWithNothing({ stores: [world.store(), replica] })
    expect(world.sink.content).toEqual(['routes/a=80'])
  })

  it('is none when the note is damaged, with a warning', async () => {
    await release(80)
    await release(90)
    await startWithNothing()
    await serveUntilStable(100)
    await deleteNewest(2)
    const written = floors.text ?? ''
    // No number at all, and one that nothing could ever reach.
    for (const damaged of ['"none"', '1e999']) {
      await world.node?.stop()
      floors.text = written.replaceAll(/"revision":\d+/g, `"revision":${damaged}`)
      await startWithNothing()
      expect(world.sink.content).toEqual(['routes/a=80'])
      expect(status().floorsError?.message).toContain('cannot be understood')
    }
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(status()).toMatchObject({ floors: [{ position: { revision: 80 } }], floorsError: undefined })
  })

  it('holds for the instance configuration too', async () => {
    await release(80, 'old')
    await release(90, 'new')
    await startWithNothing()
    await world.clock.turn(stableMs + 2 * pollMs)
    expect(floorNote.parse(floors.text ?? '').floors[0]?.instance).toMatchObject({ position: { revision: 90 } })
    // Resources that need no newer one, as those of another publisher might.
    await deleteNewest(1, 'instance')
    const resources = await world.published.resources.begin()
    await resources.publish({
      entries: [route('a', 100)],
      position: { epoch: 1_000, revision: 100 },
      source: { identity: 'cp' },
    })
    await startWithNothing()
    expect(status().ready).toBe(false)
    expect(status().sources.stores[0]?.lastError?.message).toContain(belowFloor)
  })

  it('is not there without a note', async () => {
    await release(90)
    await startWithNothing({ floors: undefined })
    await world.clock.turn(2 * stableMs)
    expect(status()).toMatchObject({ floors: [], floorsError: undefined })
    expect(await world.node?.control.resetFloor(by)).toMatchObject({ status: 'refused' })
  })
})
