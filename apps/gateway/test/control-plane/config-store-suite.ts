import { expect, it } from 'vitest'

import {
  everything,
  keySpan,
  prefixSpan,
  type ConfigStore,
  type TransactionOptions,
} from '../../src/control-plane/store/config-store.ts'
import { changesUntil, first, put, remove } from './scratch-store.ts'

/** Opens a new, empty store of the running test. */
export type OpenStore = (options?: { readonly keepRevisions?: number | undefined }) => Promise<ConfigStore>

/** What every store promises. */
export function configStoreSuite(open: OpenStore): void {
  it('gives each effective transaction the next revision, and each key its history', async () => {
    const store = await open()
    expect(await store.revision()).toBe(1)
    expect(await put(store, '/a', '"one"')).toBe(2)
    expect(await put(store, '/a', '"two"')).toBe(3)
    expect(await remove(store, '/missing')).toBe(3)
    expect(await remove(store, '/a')).toBe(4)
    expect(await put(store, '/a', '"three"')).toBe(5)

    expect((await store.range({ keys: everything })).items).toEqual([
      { key: '/a', value: '"three"', createRevision: 5, modRevision: 5, version: 1 },
    ])
    expect((await store.range({ keys: everything, revision: 3 })).items).toEqual([
      { key: '/a', value: '"two"', createRevision: 2, modRevision: 3, version: 2 },
    ])
    expect(await store.range({ keys: everything, revision: 4 })).toEqual({
      revision: 5,
      items: [],
      count: 0,
      more: false,
    })
    await expect(store.range({ keys: everything, revision: 6 })).rejects.toMatchObject({ code: 'future-revision' })
  })

  it('reads pages of one revision while others write', async () => {
    const store = await open()
    await store.transaction({ operations: puts(100, (n) => `/k/${String(n).padStart(3, '0')}`) })
    const keys = prefixSpan('/k/')
    const seen: string[] = []
    let from = keys.from
    for (let page = 0; ; page += 1) {
      const result = await store.range({ keys: { from, to: keys.to }, limit: 30, revision: 2 })
      expect(result.count).toBe(100 - seen.length)
      seen.push(...result.items.map((item) => item.key))
      if (!result.more) {
        break
      }
      await put(store, `/k/${page}-between`)
      await remove(store, `/k/09${page}`)
      from = `${seen.at(-1)}\0`
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => `/k/${String(n).padStart(3, '0')}`))
  })

  it('reads thousands of keys whole, and says how many there are when asked for fewer', async () => {
    const store = await open()
    for (let block = 0; block < 20; block += 1) {
      await store.transaction({ operations: puts(128, (n) => `/k/${block * 128 + n}`) })
    }
    const whole = await store.range({ keys: everything })
    expect(whole).toMatchObject({ revision: 21, count: 2560, more: false })
    expect(new Set(whole.items.map((item) => item.key)).size).toBe(2560)
    const most = await store.range({ keys: everything, limit: 2500 })
    expect(most).toMatchObject({ count: 2560, more: true })
    expect(most.items).toEqual(whole.items.slice(0, 2500))
    expect(await store.range({ keys: everything, limit: 2560 })).toMatchObject({ count: 2560, more: false })
    const count = { revision: 21, items: [], count: 2560, more: false }
    expect(await store.range({ keys: everything, countOnly: true })).toEqual(count)
    expect(await store.range({ keys: keySpan('/k/17'), countOnly: true })).toMatchObject({ count: 1 })
    const items = whole.items.map((item) => ({ ...item, value: '' }))
    expect(await store.range({ keys: everything, keysOnly: true })).toEqual({ ...whole, items })
  })

  it('reads thousands of keys as they were at one revision, while others write', async () => {
    const store = await open()
    for (let block = 0; block < 18; block += 1) {
      await store.transaction({ operations: puts(128, (n) => `/k/${block * 128 + n}`) })
    }
    const enough = new AbortController()
    const writing = (async () => {
      for (let n = 0; !enough.signal.aborted; n += 1) {
        await store.transaction({ operations: ['/a', '/z'].map((key) => ({ type: 'put', key, value: String(n) })) })
        await new Promise(setImmediate)
      }
    })()
    for (let read = 0; read < 10; read += 1) {
      const { items } = await store.range({ keys: everything })
      expect(items.at(0)?.value).toBe(items.at(-1)?.value)
    }
    enough.abort()
    await writing
  })

  it('finds what changed since a revision', async () => {
    const store = await open()
    await put(store, '/a')
    await put(store, '/b')
    const since = await put(store, '/a', '"new"')
    await put(store, '/c')
    const result = await store.range({ keys: everything, minModRevision: since })
    expect(result.items.map((item) => item.key)).toEqual(['/a', '/c'])
    expect(result).toMatchObject({ count: 3, more: false })
    const one = await store.range({ keys: everything, minModRevision: since, limit: 1 })
    expect(one.items.map((item) => item.key)).toEqual(['/a'])
    expect(one).toMatchObject({ count: 3, more: true })
  })

  it('writes all of a transaction or, when a comparison fails, nothing', async () => {
    const store = await open()
    const created = await put(store, '/a')
    const operations = [
      { type: 'put', key: '/b', value: '1' },
      { type: 'delete', key: '/a' },
    ] as const
    expect(await store.transaction({ compare: [{ key: '/a', modRevision: 0 }], operations })).toEqual({
      status: 'conflict',
      revision: created,
    })
    expect((await store.range({ keys: everything })).items.map((item) => item.key)).toEqual(['/a'])
    expect(await store.transaction({ compare: [{ key: '/a', modRevision: created }], operations })).toEqual({
      status: 'committed',
      revision: created + 1,
    })
    expect((await store.range({ keys: everything })).items.map((item) => item.key)).toEqual(['/b'])
  })

  it('lets one of many win that create the same key, and a key that was deleted be created again', async () => {
    const store = await open()
    const create = async (value: number) =>
      store.transaction({
        compare: [{ key: '/a', modRevision: 0 }],
        operations: [{ type: 'put', key: '/a', value: String(value) }],
      })
    const outcomes = await Promise.all(Array.from({ length: 10 }, async (_, n) => create(n)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['committed', ...Array(9).fill('conflict')])
    const winner = outcomes.findIndex(({ status }) => status === 'committed')
    expect((await store.range({ keys: everything })).items[0]?.value).toBe(String(winner))
    await remove(store, '/a')
    expect(await create(10)).toEqual({ status: 'committed', revision: 4 })
  })

  it('takes 128 operations and 127 comparisons at once', async () => {
    const store = await open()
    const operations = puts(128, (n) => `/${n}`)
    const compare = operations.slice(1).map(({ key }) => ({ key, modRevision: 0 }))
    expect(await store.transaction({ compare, operations })).toEqual({ status: 'committed', revision: 2 })
    expect((await store.range({ keys: everything })).count).toBe(128)
  })

  const wrongOperations: readonly [string, Pick<TransactionOptions, 'compare' | 'operations'>][] = [
    [
      'a key twice',
      {
        operations: [
          { type: 'delete', key: '/a' },
          { type: 'put', key: '/a', value: '1' },
        ],
      },
    ],
    ['a key outside of ASCII', { operations: [{ type: 'put', key: '/ä', value: '1' }] }],
    ['an empty key', { operations: [{ type: 'put', key: '', value: '1' }] }],
    ['a key without a slash before it', { operations: [{ type: 'put', key: 'a', value: '1' }] }],
    ['129 operations', { operations: puts(129, (n) => `/${n}`) }],
    [
      '128 comparisons',
      { compare: Array.from({ length: 128 }, (_, n) => ({ key: `/${n}`, modRevision: 0 })), operations: [] },
    ],
  ]

  it.each(wrongOperations)('refuses %s', async (_what, transaction) => {
    const store = await open()
    await expect(store.transaction(transaction)).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(await store.revision()).toBe(1)
  })

  it('tells a watch everything from its start on, whole revisions in order, and waits for more', async () => {
    const store = await open()
    await put(store, '/a/1')
    await put(store, '/elsewhere')
    await remove(store, '/a/1')
    const seen = changesUntil(store, { keys: prefixSpan('/a/'), startRevision: 2 }, 5)
    await new Promise(setImmediate)
    await put(store, '/a/2', '"late"')
    expect(await seen).toEqual([
      { type: 'put', item: { key: '/a/1', value: '{}', createRevision: 2, modRevision: 2, version: 1 } },
      { type: 'delete', key: '/a/1', modRevision: 4 },
      { type: 'put', item: { key: '/a/2', value: '"late"', createRevision: 5, modRevision: 5, version: 1 } },
    ])
  })

  it('waits for a revision that lies in the future, and tells nothing before it', async () => {
    const store = await open()
    await put(store, '/a')
    const seen = changesUntil(store, { keys: everything, startRevision: 5 }, 6)
    for (let n = 3; n <= 6; n += 1) {
      await new Promise(setImmediate)
      await put(store, '/a', String(n))
    }
    expect(await seen).toMatchObject([{ item: { modRevision: 5 } }, { item: { modRevision: 6 } }])
  })

  it('says of a span that nothing is missing, when all that happened was elsewhere', async () => {
    const store = await open()
    const stop = new AbortController()
    const progress: number[] = []
    const watched = (async () => {
      for await (const batch of store.watch({ keys: prefixSpan('/a/'), startRevision: 2, signal: stop.signal })) {
        expect(batch).toMatchObject({ type: 'events', events: [] })
        progress.push(batch.type === 'events' ? batch.revision : Number.NaN)
        if (progress.at(-1) === 4) {
          stop.abort()
        }
      }
    })()
    for (const key of ['/b/1', '/b/2', '/b/1']) {
      await put(store, key)
    }
    await watched
    expect(progress).toEqual([...progress].sort((left, right) => left - right))
  })

  it('never splits a revision between batches', async () => {
    const store = await open()
    for (let round = 0; round < 20; round += 1) {
      await store.transaction({ operations: puts(100, (n) => `/${n}`, String(round)) })
    }
    const sizes: number[] = []
    for await (const batch of store.watch({
      keys: everything,
      startRevision: 2,
      signal: new AbortController().signal,
    })) {
      if (batch.type === 'events') {
        sizes.push(batch.events.length)
        if (batch.revision === 21) {
          break
        }
      }
    }
    expect(sizes.every((size) => size % 100 === 0)).toBe(true)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(2000)
  })

  it('keeps the batches of a watch small when values are big', async () => {
    const store = await open()
    const value = JSON.stringify('x'.repeat(1024 * 1024))
    for (let n = 0; n < 12; n += 1) {
      await put(store, `/${n}`, value)
    }
    const sizes: number[] = []
    for await (const batch of store.watch({
      keys: everything,
      startRevision: 2,
      signal: new AbortController().signal,
    })) {
      sizes.push(batch.type === 'events' ? batch.events.length : Number.NaN)
      if (batch.type === 'events' && batch.revision === 13) {
        break
      }
    }
    expect(sizes.filter((size) => size > 0)).toEqual([4, 4, 4])
  })

  it('forgets history at compaction, tells so, and keeps the present', async () => {
    const store = await open()
    await put(store, '/a', '1')
    await put(store, '/a', '2')
    await remove(store, '/b')
    await put(store, '/b', '1')
    await remove(store, '/b')
    await put(store, '/c', '1')
    await store.compact({ revision: 4 })
    expect((await store.range({ keys: everything, revision: 4 })).items.map((item) => item.value)).toEqual(['2', '1'])
    await expect(store.range({ keys: everything, revision: 3 })).rejects.toMatchObject({ code: 'compacted' })
    await expect(store.compact({ revision: 4 })).rejects.toMatchObject({ code: 'compacted' })
    await expect(store.compact({ revision: 7 })).rejects.toMatchObject({ code: 'future-revision' })

    const watch = (startRevision: number) =>
      store.watch({ keys: everything, startRevision, signal: new AbortController().signal })
    expect(await first(watch(3))).toEqual({ type: 'compacted', compactRevision: 4 })
    expect(await changesUntil(store, { keys: everything, startRevision: 5 }, 6)).toMatchObject([
      { type: 'delete', key: '/b', modRevision: 5 },
      { type: 'put', item: { key: '/c' } },
    ])
  })

  it('tells a watch that starts where history ends all of it, or that it is compacted', async () => {
    const store = await open()
    await put(store, '/a')
    await remove(store, '/a')
    await put(store, '/b')
    await store.compact({ revision: 3 })
    const batch = await first(store.watch({ keys: everything, startRevision: 3, signal: new AbortController().signal }))
    const told = batch?.type === 'events' ? batch.events.map(({ type }) => type) : batch
    expect([['delete', 'put'], { type: 'compacted', compactRevision: 3 }]).toContainEqual(told)
  })

  it('keeps as much history as it is told to', async () => {
    const store = await open({ keepRevisions: 50 })
    for (let n = 0; n < 200; n += 1) {
      await put(store, `/${n % 3}`)
    }
    await expect.poll(async () => isReadable(store, 201 - 60)).toBe(false)
    expect((await store.range({ keys: everything, revision: 201 - 50 })).count).toBe(3)
  })

  it('says who it is, and that does not change', async () => {
    const store = await open()
    const identity = await store.identity()
    expect(identity.clusterId).toMatch(/^[1-9]\d{0,19}$/)
    expect(identity.memberId).toMatch(/^[1-9]\d{0,19}$/)
    expect(identity.term).toMatch(/^[1-9]\d{0,19}$/)
    await put(store, '/a')
    expect(await store.identity()).toEqual(identity)
  })

  it('ends a call with the reason of its signal, and a watch without an error', async () => {
    const store = await open()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.range({ keys: everything, signal })).rejects.toThrow('enough')
    await expect(store.transaction({ operations: puts(1, () => '/a'), signal })).rejects.toThrow('enough')
    await expect(store.revision({ signal })).rejects.toThrow('enough')
    expect(await store.revision()).toBe(1)

    const stop = new AbortController()
    const watched = (async () => {
      for await (const batch of store.watch({ keys: everything, startRevision: 2, signal: stop.signal })) {
        if (batch.type === 'events' && batch.revision === 2) {
          setImmediate(() => stop.abort())
        }
      }
    })()
    await put(store, '/a')
    await expect(watched).resolves.toBeUndefined()
  })

  it('ends its watches with an error when it is closed', async () => {
    const store = await open()
    const watch = store.watch({ keys: everything, startRevision: 3, signal: new AbortController().signal })
    const watched = (async () => {
      for await (const batch of watch) {
        expect(batch).toMatchObject({ events: [] })
      }
    })()
    const failure = watched.catch((error: unknown) => error)
    await put(store, '/a')
    await store.close()
    expect(await failure).toMatchObject({ code: 'unavailable' })
    await expect(store.revision()).rejects.toMatchObject({ code: 'unavailable' })
  })
}

function puts(count: number, key: (n: number) => string, value = '{}') {
  return Array.from({ length: count }, (_, n) => ({ type: 'put' as const, key: key(n), value }))
}

async function isReadable(store: ConfigStore, revision: number): Promise<boolean> {
  return store.range({ keys: everything, revision, countOnly: true }).then(
    () => true,
    () => false,
  )
}
