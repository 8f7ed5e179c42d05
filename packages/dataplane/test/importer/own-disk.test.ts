import '@outlast/virtual-time/at-once'
import { StorageError, type StorageAdapter } from '@outlast/storage'
import { faultyStorage, type Fault, type FaultyCall } from '@outlast/storage-testkit'
import { until } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publish, refusing, remoteStore, route, World } from './world.ts'

const minute = 60_000
const hour = 60 * minute

let refusals = 0

/** What a disk says that is full, or mounted read-only. */
function refusal(code: 'no-space' | 'denied'): Fault {
  return { error: new StorageError({ code, message: `the disk says ${code} for the ${++refusals}th time` }) }
}

async function objectsOf(storage: StorageAdapter): Promise<ReadonlyMap<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>()
  for await (const key of storage.list('')) {
    const object = await storage.get(key)
    if (object !== undefined) objects.set(key, object.bytes)
  }
  return objects
}

describe("the node's own disk", () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(async () => {
    await world.end()
  })

  /** Leaves a good copy on the disk. */
  const fill = async (value: string): Promise<void> => {
    await world.startReady({ live: undefined, stores: [await storeWith(value, 90)] })
    await world.node?.stop()
    world.sink.inEffect.clear()
  }
  const storeWith = async (value: string, revision: number) => {
    const store = remoteStore(world.bucket, world.clock)
    await publish(store, { routes: [route('a', value)], revision })
    return store
  }
  /** A disk that does with each call what `onCall` says. */
  const disk = (onCall: (call: FaultyCall) => Fault | undefined): StorageAdapter =>
    faultyStorage(world.disk, { onCall })
  const written = async (): Promise<number | undefined> =>
    (await remoteStore(world.disk, world.clock).resources.latest())?.manifest.position.revision
  const warnings = (part: string): number =>
    world.log.filter(({ level, message }) => level === 'warn' && message.includes(part)).length

  describe('that cannot be read at the start', () => {
    it.each([
      ['a moment', 3_000],
      ['an hour', hour],
    ])('is read again, and started from when it is back after %s', async (_title, outageMs) => {
      await fill('kept')
      world.diskFault = 'fail-before'
      const node = world.start({ live: refusing, stores: [] })
      await world.clock.turn(outageMs)
      expect(node.status()).toMatchObject({ ready: false, localCopyError: { at: expect.any(Number) } })
      world.diskFault = undefined
      await world.clock.turn(10_000)
      expect(world.sink.content).toEqual(['routes/a="kept"'])
      expect(node.status()).toMatchObject({ mode: 'standalone', localCopyError: undefined })
      // Once is enough to be told.
      expect(warnings('source failed')).toBeLessThanOrEqual(2)
    })

    it('is started from when its mount comes late: until then the folder is empty', async () => {
      await fill('kept')
      const { disk: folder } = new World()
      const node = world.start({ live: refusing, stores: [], local: folder })
      await world.clock.turn(5 * minute)
      expect(node.status()).toMatchObject({ ready: false, localCopyError: undefined })
      for (const [key, bytes] of await objectsOf(world.disk)) await folder.put(key, bytes)
      await world.clock.turn(10_000)
      expect(world.sink.content).toEqual(['routes/a="kept"'])
    })

    it('is started from when somebody has mended what was damaged', async () => {
      await fill('kept')
      const good = await objectsOf(world.disk)
      for (const key of good.keys()) await world.disk.put(key, new TextEncoder().encode('rotten'))
      const node = world.start({ live: refusing, stores: [] })
      await world.clock.turn(minute)
      expect(node.status().ready).toBe(false)
      for (const [key, bytes] of good) await world.disk.put(key, bytes)
      await world.clock.turn(10_000)
      expect(world.sink.content).toEqual(['routes/a="kept"'])
    })

    it('is taken by a node that runs when it turns out to hold something newer', async () => {
      await fill('newer')
      world.diskFault = 'fail-before'
      const old = new World()
      await publish(old.published, { routes: [route('a', 'older')], revision: 80 })
      await world.startReady({ live: refusing, stores: [old.store()] })
      expect(world.sink.content).toEqual(['routes/a="older"'])
      await world.clock.turn(minute)
      world.diskFault = undefined
      await world.clock.turn(11_000)
      await world.serves(['routes/a="newer"'])
    })

    it('is read once where it is well, however long the node runs', async () => {
      await fill('kept')
      let reads = 0
      const node = await world.startReady({
        live: refusing,
        stores: [],
        local: disk(({ operation }) => void (reads += Number(operation === 'get'))),
      })
      await world.clock.turn(minute)
      const readsAtStart = reads
      await world.clock.turn(50 * minute)
      expect(reads).toBe(readsAtStart)
      expect(node.status().sources.local?.lastError).toBeUndefined()
    })
  })

  describe.each(['no-space', 'denied'] as const)('that answers every write with %s', (code) => {
    const isWrite = ({ operation }: FaultyCall): boolean => operation === 'put'

    it('leaves traffic and configuration alone, says so once, and has the copy as soon as it is well', async () => {
      let isBad = true
      const local = disk((call) => (isBad && isWrite(call) ? refusal(code) : undefined))
      const node = await world.startReady({ local, stores: [] })
      for (let change = 1; change <= 60; change++) {
        world.live.put('resources', route('a', `change ${change}`))
        await world.serves([`routes/a="change ${change}"`])
        await world.clock.turn(10_000)
      }
      expect(node.status()).toMatchObject({
        mode: 'live',
        localCopyError: { message: expect.stringContaining(`the disk says ${code}`) },
      })
      expect(warnings('the local copy could not be written')).toBe(1)

      isBad = false
      await world.clock.turn(10_000)
      await until(() => node.status().localCopyError === undefined, 'the copy was written')
      expect(await written()).toBe(160)
    })

    it('is served from at a start, and what is newer takes effect', async () => {
      await fill('kept')
      const local = disk((call) => (isWrite(call) ? refusal(code) : undefined))
      const node = await world.startReady({ live: refusing, stores: [], local })
      expect(world.sink.content).toEqual(['routes/a="kept"'])
      node.reconfigure({ live: undefined, stores: [await storeWith('newer', 95)] })
      await world.serves(['routes/a="newer"'])
    })
  })

  it('is not filled by copies that do not fit on it', async () => {
    let isFull = false
    const local = disk(({ operation, key }) =>
      isFull &&
      operation === 'put' &&
      key.includes('/resources/parts/') &&
      Number(key.split('/').at(-1)?.split('.')[0]) > 3
        ? refusal('no-space')
        : undefined,
    )
    const node = await world.startReady({ local, stores: [] })
    await world.clock.turn(3_000)
    isFull = true
    world.live.replace({ resources: Array.from({ length: 3_000 }, (_, n) => route(`r${n}`)) })
    await world.clock.turn(3_000)
    const { size } = await objectsOf(world.disk)
    expect(node.status().localCopyError).toBeDefined()
    await world.clock.turn(5 * minute)
    // Not one more than after the first failure, and of those that were begun none.
    expect((await objectsOf(world.disk)).size).toBeLessThanOrEqual(size)
    expect(await written()).toBe(100)
    isFull = false
    await world.clock.turn(10_000)
    await until(() => node.status().localCopyError === undefined, 'the copy was written')
    expect(await written()).toBe(101)
  })

  it('gives up older copies when there is no room for a new one', async () => {
    let isFull = false
    const local = disk(({ operation }) => (isFull && operation === 'put' ? refusal('no-space') : undefined))
    await world.startReady({ local, stores: [] })
    for (let change = 1; change <= 4; change++) {
      world.live.put('resources', route('a', `change ${change}`))
      await world.clock.turn(minute)
    }
    const { resources } = remoteStore(world.disk, world.clock)
    const before = await resources.sequences()
    expect(before).toHaveLength(4)
    isFull = true
    world.live.put('resources', route('a', 'more'))
    await world.clock.turn(minute)
    expect(await resources.sequences()).toEqual(before.slice(0, 1))
    isFull = false
  })

  it('is written again when an older disk was mounted over it', async () => {
    const node = await world.startReady({ stores: [] })
    await world.clock.turn(3_000)
    const old = await objectsOf(world.disk)
    world.live.put('resources', route('a', 'newest'))
    await world.clock.turn(3_000)
    expect(await written()).toBe(101)
    for (const key of (await objectsOf(world.disk)).keys()) if (!old.has(key)) await world.disk.delete(key)
    for (const [key, bytes] of old) await world.disk.put(key, bytes)
    expect(await written()).toBe(100)
    await world.clock.turn(hour + 20_000)
    expect(await written()).toBe(101)
    expect(node.status().localCopyError).toBeUndefined()
  })
})
