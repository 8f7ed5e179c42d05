import { describeWithServer } from '@outlast/test-servers/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'

import {
  everything,
  keySpan,
  prefixSpan,
  type ConfigStore,
  type KeySpan,
  type StoreEvent,
  type WatchBatch,
} from '../../src/control-plane/store/config-store.ts'
import { sharedWatch, type SharedWatchOptions } from '../../src/control-plane/store/shared-watch.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { configStoreSuite, type OpenStore } from './config-store-suite.ts'
import { scratchEtcdStore } from './scratch-etcd-store.ts'
import { changesUntil, first, put, remove, scratchStore } from './scratch-store.ts'

/** A store whose watches are counted, and fail when they are told to. */
function watchedStore(store: ConfigStore) {
  const spans: KeySpan[] = []
  let cut = new AbortController()
  let isDown = false
  return {
    /** What was watched so far: everything by the one watch, less by followers that are behind. */
    own: () => spans.filter(({ from, to }) => from !== everything.from || to !== everything.to).length,
    everything: () => spans.filter(({ from, to }) => from === everything.from && to === everything.to).length,
    /** Ends all watches with an error, and lets none begin. */
    lose(error = new StoreError('unavailable', 'lost')) {
      isDown = true
      cut.abort(error)
    },
    restore() {
      isDown = false
      cut = new AbortController()
    },
    store: {
      ...store,
      async *watch(options): AsyncGenerator<WatchBatch> {
        const { signal } = cut
        if (isDown) throw signal.reason
        spans.push(options.keys)
        for await (const batch of store.watch({ ...options, signal: AbortSignal.any([options.signal, signal]) })) {
          yield batch
        }
        signal.throwIfAborted()
      },
    } satisfies ConfigStore,
  }
}

function share(store: ConfigStore, options?: SharedWatchOptions): ConfigStore {
  const shared = sharedWatch(store, options)
  onTestFinished(() => shared.close())
  return shared
}

function sharedWatchSuite(open: OpenStore): void {
  configStoreSuite(async (options) => share(await open(options)))

  it('tells any number of followers each their own, with one watch of the store', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store)
    const groups = ['/a/', '/b/', '/c/']
    const followers = Array.from({ length: 60 }, async (_, n) =>
      changesUntil(store, { keys: prefixSpan(groups[n % 3] ?? ''), startRevision: 2 }, 31),
    )
    for (let n = 0; n < 30; n += 1) await put(store, `${groups[n % 3]}${n % 9}`, String(n))
    const told = await Promise.all(followers)
    for (const [n, events] of told.entries()) {
      expect(events.map(valueOf)).toEqual(Array.from({ length: 10 }, (_, round) => String(round * 3 + (n % 3))))
    }
    expect([watched.everything(), watched.own()]).toEqual([1, 0])
    // What is made of an event can be kept by the event.
    expect(told[0]?.[0]).toBe(told[3]?.[0])
  })

  it('serves those who come back after a restart from what it read at first', async () => {
    const original = await open()
    for (let n = 0; n < 20; n += 1) await put(original, `/a/${n % 2}`, String(n))
    const watched = watchedStore(original)
    const store = share(watched.store)
    const told = await Promise.all(
      [2, 7, 15].map(async (startRevision) => changesUntil(store, { keys: prefixSpan('/a/'), startRevision }, 21)),
    )
    expect(told.map((events) => events.map(valueOf))).toEqual(
      [0, 5, 13].map((from) => Array.from({ length: 20 - from }, (_, n) => String(n + from))),
    )
    expect(watched.own()).toBe(0)
  })

  it('lets a follower be slow without holding anything for it, or keeping others waiting', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store, { maximumEvents: 10 })
    const slow = store.watch({ keys: prefixSpan('/a/'), startRevision: 2, signal: new AbortController().signal })
    const reader = slow[Symbol.asyncIterator]()
    await put(store, '/a/first')
    const seen: StoreEvent[] = []
    const read = async (): Promise<number> => {
      const { value } = await reader.next()
      if (value?.type !== 'events') throw new Error('the watch has ended')
      seen.push(...value.events)
      return value.revision
    }
    await read()
    for (let n = 0; n < 40; n += 1) await put(store, `/a/${n % 4}`, String(n))
    expect(await changesUntil(store, { keys: everything, startRevision: 40 }, 42)).toHaveLength(3)
    expect(watched.own()).toBe(0)
    while ((await read()) < 42);
    expect(seen.slice(1).map(valueOf)).toEqual(Array.from({ length: 40 }, (_, n) => String(n)))
    // It has fallen behind what is held, and read the history of the store instead.
    expect(watched.own()).toBe(1)
    // And now it is among the others again.
    await put(store, '/a/last')
    expect(await read()).toBe(43)
    expect(watched.own()).toBe(1)
    await reader.return?.()
  })

  it('holds no more values than it may', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store, { maximumCharacters: 10_000 })
    // An empty store: that nothing has happened is known at once.
    expect(await changesUntil(store, { keys: everything, startRevision: 1 }, 1)).toEqual([])
    const keeping = changesUntil(store, { keys: everything, startRevision: 2 }, 21)
    for (let n = 0; n < 20; n += 1) await put(store, `/${n}`, JSON.stringify('x'.repeat(998)))
    await keeping
    const far = changesUntil(store, { keys: keySpan('/2'), startRevision: 2 }, 21)
    expect(await far).toMatchObject([{ item: { modRevision: 4 } }])
    expect(watched.own()).toBe(1)
    expect(await changesUntil(store, { keys: keySpan('/15'), startRevision: 14 }, 21)).toHaveLength(1)
    expect(watched.own()).toBe(1)
  })

  it('tells followers nothing while the watch of the store is lost, and everything when it is back', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store)
    const told: number[] = []
    const follower = (async () => {
      for await (const batch of store.watch({
        keys: everything,
        startRevision: 2,
        signal: new AbortController().signal,
      })) {
        if (batch.type === 'compacted') return batch
        told.push(...batch.events.map((event) => (event.type === 'put' ? event.item.modRevision : event.modRevision)))
        if (batch.revision >= 4) return batch
      }
      return undefined
    })()
    await put(store, '/a')
    await expect.poll(() => told).toEqual([2])
    watched.lose()
    await put(store, '/a')
    await remove(store, '/a')
    expect(told).toEqual([2])
    watched.restore()
    await follower
    expect(told).toEqual([2, 3, 4])
  })

  it('ends its followers as compacted when that is so after the watch of the store was lost', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store)
    const seen = first(
      skipEvents(store.watch({ keys: everything, startRevision: 2, signal: new AbortController().signal })),
    )
    await put(store, '/a')
    await changesUntil(store, { keys: everything, startRevision: 2 }, 2)
    watched.lose()
    for (let n = 0; n < 4; n += 1) await put(store, '/a', String(n))
    await store.compact({ revision: 5 })
    watched.restore()
    expect(await seen).toEqual({ type: 'compacted', compactRevision: 5 })
    expect(await changesUntil(store, { keys: everything, startRevision: 6 }, 6)).toHaveLength(1)
  })

  it('cuts its followers when the store was replaced, and serves those who come then', async () => {
    const watched = watchedStore(await open())
    const store = share(watched.store)
    const follow = async (): Promise<unknown> =>
      changesUntil(store, { keys: everything, startRevision: 2 }, Infinity).catch((error: unknown) => error)
    const followers = [follow(), follow()]
    await put(store, '/a')
    await changesUntil(store, { keys: everything, startRevision: 2 }, 2)
    watched.lose(new StoreError('replaced', 'another store than before'))
    for (const end of await Promise.all(followers)) expect(end).toMatchObject({ code: 'replaced' })
    watched.restore()
    expect(await changesUntil(store, { keys: everything, startRevision: 2 }, 2)).toHaveLength(1)
  })
}

describe('sharedWatch of an sqliteStore', () => {
  sharedWatchSuite(scratchStore)
})

describeWithServer('etcd', 'sharedWatch of an etcdStore', () => {
  sharedWatchSuite(scratchEtcdStore)
})

function valueOf(event: StoreEvent): string | undefined {
  return event.type === 'put' ? event.item.value : undefined
}

async function* skipEvents(watch: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
  for await (const batch of watch) if (batch.type === 'compacted') yield batch
}
