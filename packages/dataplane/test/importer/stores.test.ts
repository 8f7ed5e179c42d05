import '@outlast/virtual-time/at-once'
import type { StorageAdapter } from '@outlast/storage'
import { until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, remoteStore, route, World } from './world.ts'

async function keysOf(storage: StorageAdapter, part: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list('')) if (key.includes(part)) keys.push(key)
  return keys
}

/** Destroys the parts that the newest commit brought. */
async function damageNewest(storage: StorageAdapter, { clock }: World): Promise<void> {
  const latest = await remoteStore(storage, clock).resources.latest()
  const parts = latest?.manifest.parts ?? []
  for (const { key } of parts) await storage.put(`groups/default/resources/${key}`, new TextEncoder().encode('rotten'))
}

describe('stores', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  const restart = async (): Promise<void> => {
    await world.node?.stop()
    await world.startReady({ live: refusing })
  }

  describe('remote', () => {
    it('walks back to the newest snapshot that verifies', async () => {
      await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
      await publish(world.published, { routes: [route('a', 'rotten')], revision: 95 })
      await damageNewest(world.bucket, world)
      const node = await world.startReady({ live: refusing })
      expect(world.sink.content).toEqual(['routes/a="good"'])
      expect(node.status().position?.revision).toBe(90)
      expect(node.status().sources.stores[0]?.lastError).toBeDefined()
    })

    it('holds the return to the control plane after a rollback, across restarts, until an operator resumes', async () => {
      const by = { actor: 'ada', reason: 'INC-7' }
      await publish(world.published, { routes: [route('a', 'good')], revision: 90 })
      await publish(world.published, { routes: [route('a')], revision: 100 })
      await world.published.resources.operator.rollback(1, by)
      const reason = 'ada holds a rollback (INC-7); "outlast snapshot resume" ends it'
      for (const restarts of [0, 1]) {
        if (restarts > 0) await world.node?.stop()
        const node = await world.startReady()
        await world.clock.turn(60_000)
        expect(world.sink.content).toEqual(['routes/a="good"'])
        expect(node.status()).toMatchObject({ mode: 'standalone', held: reason })
      }
      await world.published.resources.operator.resume(by)
      await world.clock.turn(60_000)
      // What the control plane has is another configuration, until the exporter has published it.
      expect(world.sink.content).toEqual(['routes/a="good"'])
      const epoch = ((await world.published.resources.latest())?.manifest.position.epoch ?? 0) + 1
      await publish(world.published, { routes: [route('a')], revision: 100, epoch })
      await world.clock.turn(60_000)
      await world.serves(['routes/a=1'])
      await world.inMode('live')
    })

    it('keeps what it has read when a later snapshot is damaged, and takes the one after that', async () => {
      await publish(world.published, { routes: [route('a', 1)], revision: 90 })
      await world.startReady({ live: undefined })
      await publish(world.published, { routes: [route('a', 2)], revision: 95 })
      await damageNewest(world.bucket, world)
      await world.clock.turn(60_000)
      expect(world.sink.content).toEqual(['routes/a=1'])
      await publish(world.published, { routes: [route('b', 3)], revision: 97 })
      await world.clock.turn(11_000)
      await world.serves(['routes/b=3'])
    })

    it('goes on as far as it can when the newest of several later snapshots is damaged', async () => {
      await publish(world.published, { routes: [route('a', 1)], revision: 90 })
      await world.startReady({ live: undefined })
      await publish(world.published, { routes: [route('a', 2)], revision: 95 })
      await publish(world.published, { routes: [route('a', 3)], revision: 97 })
      await damageNewest(world.bucket, world)
      await world.clock.turn(11_000)
      expect(world.sink.content).toEqual(['routes/a=2'])
      expect(world.node?.status().sources.stores[0]?.lastError).toBeDefined()
    })

    it('waits for parts and instance snapshots that have not arrived yet', async () => {
      const instance = [{ kind: 'keyring', id: '1', value: 'k' }]
      await publish(world.published, { routes: [route('a')], instance, revision: 90 })
      const arriving = new World()
      const keys = await keysOf(world.bucket, '')
      const copy = async (key: string): Promise<void> => {
        const object = await world.bucket.get(key)
        if (object !== undefined) await arriving.bucket.put(key, object.bytes)
      }
      for (const key of keys.filter((name) => name.includes('/resources/'))) await copy(key)
      const node = arriving.start({ live: undefined })
      await arriving.clock.turn(60_000)
      expect(node.status()).toMatchObject({ ready: false })
      expect(node.status().sources.stores[0]?.lastError?.message).toContain('not there yet')
      for (const key of keys.filter((name) => name.includes('/instance/'))) await copy(key)
      await arriving.clock.turn(11_000)
      await arriving.started
      expect(arriving.sink.content).toEqual(['keyring/1="k"', 'routes/a=1'])
      await node.stop()
    })

    it('takes the newest instance snapshot with the resources that need an older one', async () => {
      const instance = [{ kind: 'keyring', id: '1', value: 'old' }]
      await publish(world.published, { routes: [route('a')], instance, revision: 90 })
      const newer = await world.published.instance.begin()
      const entries = [{ kind: 'keyring', id: '1', value: 'new' }]
      await newer.publish({ entries, position: { epoch: 1_000, revision: 95 }, source: { identity: 'cp' } })
      const node = await world.startReady({ live: undefined })
      expect(world.sink.content).toEqual(['keyring/1="new"', 'routes/a=1'])
      expect(node.status().position?.revision).toBe(90)
    })

    it('fails over to the highest position among several', async () => {
      const other = new World()
      await publish(world.published, { routes: [route('a', 'europe')], revision: 90 })
      await publish(other.published, { routes: [route('a', 'america')], revision: 91 })
      await world.startReady({ live: undefined, stores: [world.store(), other.store()] })
      expect(world.sink.content).toEqual(['routes/a="america"'])
    })
  })

  describe('local', () => {
    it('is written within a second or so, with the live position, and survives a restart without anybody else', async () => {
      const node = await world.startReady({ stores: [] })
      world.live.put('resources', route('b'))
      await world.serves(['routes/a=1', 'routes/b=1'])
      await world.clock.turn(1_000)
      await until(() => node.status().sources.local?.lastSuccessAt === world.clock.now(), 'the local copy was written')
      const copy = await remoteStore(world.disk, world.clock).resources.latest()
      expect(copy?.manifest).toMatchObject({ position: { epoch: 0, revision: 101 }, source: { identity: 'cp' } })
      await restart()
      expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
    })

    it('is written when the node is stopped before the second is over', async () => {
      await world.startReady()
      world.live.put('resources', route('b'))
      await world.serves(['routes/a=1', 'routes/b=1'])
      await restart()
      expect(world.node?.status()).toMatchObject({ source: 'memory:', position: { revision: 101 } })
      expect(world.sink.content).toEqual(['routes/a=1', 'routes/b=1'])
    })

    it('follows the live source again after a restart from it', async () => {
      await world.startReady({ stores: [] })
      await world.node?.stop()
      world.live.put('resources', route('b'))
      await world.startReady({ stores: [] })
      expect(world.node?.status()).toMatchObject({ mode: 'live', position: { revision: 101 } })
    })

    it('that cannot be written is a warning and nothing more, and is written later', async () => {
      world.diskFault = 'fail-before'
      const node = await world.startReady()
      await world.clock.turn(30_000)
      expect(node.status()).toMatchObject({ mode: 'live', ready: true })
      expect(node.status().sources.local?.lastError?.message).toContain('planned failure')
      world.diskFault = undefined
      await world.clock.turn(12_000)
      await until(() => node.status().sources.local?.lastSuccessAt !== undefined, 'the local copy was written')
      expect((await remoteStore(world.disk, world.clock).resources.latest())?.manifest.position.revision).toBe(100)
    })

    it('that hangs stops nobody from starting, applying or stopping', async () => {
      world.diskFault = 'hang'
      const node = world.start()
      await world.clock.turn(2_000)
      await world.started
      world.live.put('resources', route('b'))
      await world.serves(['routes/a=1', 'routes/b=1'])
      const stopped = node.stop()
      await world.clock.turn(20_000)
      await stopped
      expect(node.status().ready).toBe(true)
    })

    it('keeps the last five configurations', async () => {
      await world.startReady()
      for (let round = 0; round < 9; round++) {
        world.live.put('resources', route('a', `round ${round}`))
        await world.serves([`routes/a="round ${round}"`])
        await world.clock.turn(90_000)
      }
      expect(await keysOf(world.disk, '/resources/manifests/')).toHaveLength(5)
      await restart()
      expect(world.sink.content).toEqual(['routes/a="round 8"'])
    })

    it('walks back over damage, is healed by the next write, and reuses nothing that was damaged', async () => {
      await world.startReady()
      await world.clock.turn(2_000)
      world.live.put('resources', route('a', 'newest'))
      await world.serves(['routes/a="newest"'])
      await world.node?.stop()
      await damageNewest(world.disk, world)
      // Nothing else answers: the copy before the damaged one starts the node.
      await world.startReady({ live: refusing, stores: [] })
      expect(world.sink.content).toEqual(['routes/a=1'])
      await world.node?.stop()
      // The control plane still has what was damaged here.
      await world.startReady()
      expect(world.sink.content).toEqual(['routes/a="newest"'])
      await restart()
      expect(world.sink.content).toEqual(['routes/a="newest"'])
      expect(world.node?.status().sources.local?.lastError).toBeUndefined()
    })

    it.each([
      ['a part is damaged', async () => damageNewest(world.disk, world)],
      [
        'the newest manifest is damaged',
        async () => {
          const manifests = await keysOf(world.disk, '/resources/manifests/')
          await world.disk.put(manifests.at(-1) ?? '', new TextEncoder().encode('rotten'))
        },
      ],
      [
        'everything is gone',
        async () => {
          for (const key of await keysOf(world.disk, '')) await world.disk.delete(key)
        },
      ],
    ])('is made good by a node that runs, within the hour, when %s', async (_what, damage) => {
      await world.startReady()
      await world.clock.turn(2_000)
      world.live.put('resources', route('a', 'newest'))
      await world.serves(['routes/a="newest"'])
      await world.clock.turn(2_000)
      const isKept = async (): Promise<boolean> => {
        const store = remoteStore(world.disk, world.clock)
        const latest = await store.resources.latest().catch(() => undefined)
        const verdict = await store.resources.verifyNewest()
        return (
          latest?.manifest.position.revision === 101 &&
          verdict !== undefined &&
          verdict.missing + verdict.damaged + verdict.unusable === 0
        )
      }
      expect(await isKept()).toBe(true)
      await damage()
      expect(await isKept()).toBe(false)
      await world.clock.turn(3_601_000)
      await world.clock.turn(20_000)
      expect(await isKept()).toBe(true)
      await restart()
      expect(world.sink.content).toEqual(['routes/a="newest"'])
      expect(world.node?.status().sources.local?.lastError).toBeUndefined()
    })

    it('that is damaged beyond use is begun again', async () => {
      await world.startReady()
      await world.node?.stop()
      for (const key of await keysOf(world.disk, '')) await world.disk.put(key, new TextEncoder().encode('rotten'))
      await world.startReady({ live: world.live })
      await restart()
      expect(world.node?.status()).toMatchObject({ mode: 'standalone', position: { revision: 100 } })
      expect(world.sink.content).toEqual(['routes/a=1'])
    })
  })
})
