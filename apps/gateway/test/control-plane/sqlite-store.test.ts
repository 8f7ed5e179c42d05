import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, truncate, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

import {
  keySpan,
  prefixSpan,
  type TransactionOptions,
  type WatchBatch,
} from '../../src/control-plane/store/config-store.ts'
import { sqliteStore } from '../../src/control-plane/store/sqlite-store.ts'
import { put, remove, scratchPath, scratchStore } from './scratch-store.ts'

const all = prefixSpan('/')

describe('sqliteStore', () => {
  it('gives each effective transaction the next revision, and each key its history', async () => {
    const store = await scratchStore()
    expect(await store.revision()).toBe(1)
    expect(await put(store, '/a', '"one"')).toBe(2)
    expect(await put(store, '/a', '"two"')).toBe(3)
    expect(await remove(store, '/missing')).toBe(3)
    expect(await remove(store, '/a')).toBe(4)
    expect(await put(store, '/a', '"three"')).toBe(5)

    expect((await store.range({ keys: all })).items).toEqual([
      { key: '/a', value: '"three"', createRevision: 5, modRevision: 5, version: 1 },
    ])
    expect((await store.range({ keys: all, revision: 3 })).items).toEqual([
      { key: '/a', value: '"two"', createRevision: 2, modRevision: 3, version: 2 },
    ])
    expect(await store.range({ keys: all, revision: 4 })).toEqual({ revision: 5, items: [], count: 0, more: false })
    await expect(store.range({ keys: all, revision: 6 })).rejects.toMatchObject({ code: 'future-revision' })
  })

  it('reads pages of one revision while others write', async () => {
    const store = await scratchStore()
    await store.transaction({
      operations: Array.from({ length: 100 }, (_, n) => ({
        type: 'put',
        key: `/k/${String(n).padStart(3, '0')}`,
        value: '{}',
      })),
    })
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

  it('finds what changed since a revision', async () => {
    const store = await scratchStore()
    await put(store, '/a')
    await put(store, '/b')
    const since = await put(store, '/a', '"new"')
    const result = await store.range({ keys: all, minModRevision: since })
    expect(result.items.map((item) => item.key)).toEqual(['/a'])
    expect(result.count).toBe(2)
  })

  it('writes all of a transaction or, when a comparison fails, nothing', async () => {
    const store = await scratchStore()
    const first = await put(store, '/a')
    const operations = [
      { type: 'put', key: '/b', value: '1' },
      { type: 'delete', key: '/a' },
    ] as const
    expect(await store.transaction({ compare: [{ key: '/a', modRevision: 0 }], operations })).toEqual({
      status: 'conflict',
      revision: first,
    })
    expect((await store.range({ keys: all })).items.map((item) => item.key)).toEqual(['/a'])
    expect(await store.transaction({ compare: [{ key: '/a', modRevision: first }], operations })).toEqual({
      status: 'committed',
      revision: first + 1,
    })
    expect((await store.range({ keys: all })).items.map((item) => item.key)).toEqual(['/b'])
  })

  const wrongOperations: readonly [string, TransactionOptions['operations']][] = [
    [
      'a key twice',
      [
        { type: 'delete', key: '/a' },
        { type: 'put', key: '/a', value: '1' },
      ],
    ],
    ['a key outside of ASCII', [{ type: 'put', key: '/ä', value: '1' }]],
    ['an empty key', [{ type: 'put', key: '', value: '1' }]],
    ['129 operations', Array.from({ length: 129 }, (_, n) => ({ type: 'delete', key: `/${n}` }))],
  ]

  it.each(wrongOperations)('refuses %s', async (_what, operations) => {
    const store = await scratchStore()
    await expect(store.transaction({ operations })).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('tells a watch everything from its start on, whole revisions in order, and waits for more', async () => {
    const store = await scratchStore()
    await put(store, '/a/1')
    await put(store, '/elsewhere')
    await remove(store, '/a/1')
    const stop = new AbortController()
    const batches: WatchBatch[] = []
    const watched = (async () => {
      for await (const batch of store.watch({ keys: prefixSpan('/a/'), startRevision: 2, signal: stop.signal })) {
        batches.push(batch)
        if (batch.type === 'events' && batch.revision === 5) {
          stop.abort()
        }
      }
    })()
    await new Promise(setImmediate)
    await put(store, '/a/2', '"late"')
    await watched
    expect(batches).toEqual([
      {
        type: 'events',
        revision: 4,
        events: [
          { type: 'put', item: { key: '/a/1', value: '{}', createRevision: 2, modRevision: 2, version: 1 } },
          { type: 'delete', key: '/a/1', modRevision: 4 },
        ],
      },
      {
        type: 'events',
        revision: 5,
        events: [
          { type: 'put', item: { key: '/a/2', value: '"late"', createRevision: 5, modRevision: 5, version: 1 } },
        ],
      },
    ])
  })

  it('never splits a revision between batches', async () => {
    const store = await scratchStore()
    for (let round = 0; round < 20; round += 1) {
      await store.transaction({
        operations: Array.from({ length: 100 }, (_, n) => ({ type: 'put', key: `/${n}`, value: String(round) })),
      })
    }
    const sizes: number[] = []
    for await (const batch of store.watch({ keys: all, startRevision: 2, signal: new AbortController().signal })) {
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
    const store = await scratchStore()
    const value = JSON.stringify('x'.repeat(1024 * 1024))
    for (let n = 0; n < 12; n += 1) {
      await put(store, `/${n}`, value)
    }
    const sizes: number[] = []
    for await (const batch of store.watch({ keys: all, startRevision: 2, signal: new AbortController().signal })) {
      sizes.push(batch.type === 'events' ? batch.events.length : Number.NaN)
      if (batch.type === 'events' && batch.revision === 13) {
        break
      }
    }
    expect(sizes).toEqual([4, 4, 4])
  })

  it('forgets history at compaction, tells so, and keeps the present', async () => {
    const store = await scratchStore()
    await put(store, '/a', '1')
    await put(store, '/a', '2')
    await remove(store, '/b')
    await put(store, '/b', '1')
    await remove(store, '/b')
    await put(store, '/c', '1')
    await store.compact({ revision: 5 })
    expect((await store.range({ keys: all, revision: 5 })).items.map((item) => item.value)).toEqual(['2'])
    await expect(store.range({ keys: all, revision: 4 })).rejects.toMatchObject({ code: 'compacted' })
    await expect(store.compact({ revision: 5 })).rejects.toMatchObject({ code: 'compacted' })

    const first = async (startRevision: number): Promise<WatchBatch | undefined> => {
      for await (const batch of store.watch({ keys: all, startRevision, signal: new AbortController().signal })) {
        return batch
      }
      return undefined
    }
    expect(await first(4)).toEqual({ type: 'compacted', compactRevision: 5 })
    // The deletion at the compacted revision itself is still told.
    expect(await first(5)).toMatchObject({
      type: 'events',
      events: [{ type: 'delete', key: '/b' }, { type: 'put' }],
    })
  })

  it('keeps as much history as it is told to', async () => {
    const store = await scratchStore({ keepRevisions: 50 })
    for (let n = 0; n < 200; n += 1) {
      await put(store, `/${n % 3}`)
    }
    await expect(store.range({ keys: all, revision: 201 - 60 })).rejects.toMatchObject({ code: 'compacted' })
    expect((await store.range({ keys: all, revision: 201 - 50 })).count).toBe(3)
  })

  it('is the same store when opened again', async () => {
    const path = await scratchPath()
    const before = sqliteStore({ path })
    const identity = await before.identity()
    await put(before, '/a', '"kept"')
    await before.close()
    const after = sqliteStore({ path })
    onTestFinished(() => after.close())
    expect(await after.identity()).toEqual({ ...identity, term: String(Number(identity.term) + 1) })
    expect(BigInt(identity.clusterId)).toBeLessThan(2n ** 63n)
    expect(await after.revision()).toBe(2)
    expect((await after.range({ keys: keySpan('/a') })).items[0]?.value).toBe('"kept"')
  })

  it('can be read by its owner only', async () => {
    const path = await scratchPath()
    const store = sqliteStore({ path })
    onTestFinished(() => store.close())
    await put(store, '/a')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(`${path}-wal`)).mode & 0o777).toBe(0o600)
  })

  it('refuses a file that is something else', async () => {
    const path = await scratchPath()
    await writeFile(path, 'not a database, but long enough to be looked at: '.repeat(50))
    expect(() => sqliteStore({ path })).toThrow(expect.objectContaining({ code: 'not-a-store' }))
  })

  it('says of a damaged file that it is damaged', async () => {
    const path = await scratchPath()
    const store = sqliteStore({ path })
    await put(store, '/a', JSON.stringify('x'.repeat(100_000)))
    await store.close()
    await truncate(path, 20_000)
    expect(() => sqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(`${path} is damaged`) }),
    )
  })

  it('ends its watches with an error when it is closed', async () => {
    const store = await scratchStore()
    const watch = store.watch({ keys: all, startRevision: 2, signal: new AbortController().signal })
    const next = watch[Symbol.asyncIterator]().next()
    await store.close()
    await expect(next).rejects.toMatchObject({ code: 'unavailable' })
    await expect(store.revision()).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('sqliteStore and other processes', () => {
  const writer = fileURLToPath(new URL('write-until-killed.ts', import.meta.url))

  it('loses no acknowledged write when its process is killed, and keeps other processes out until then', async () => {
    const path = await scratchPath()
    let acknowledged = 1
    for (const writes of [1, 40, 150]) {
      const child = spawn(process.execPath, ['--conditions=@outlast/source', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const goal = acknowledged + writes
      let refusal: unknown
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line)
        if (acknowledged === goal) {
          refusal = errorOf(() => sqliteStore({ path }))
          child.kill('SIGKILL')
        }
      }
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit')
      }
      expect(acknowledged).toBeGreaterThanOrEqual(goal)
      expect(refusal).toMatchObject({ code: 'in-use', message: `${path} is in use by another process` })

      const store = sqliteStore({ path })
      const { items } = await store.range({ keys: all })
      const revision = await store.revision()
      await store.close()
      expect(revision).toBeGreaterThanOrEqual(acknowledged)
      expect(items.map((item) => item.modRevision).sort((left, right) => left - right)).toEqual(
        Array.from({ length: revision - 1 }, (_, n) => n + 2),
      )
      acknowledged = revision
    }
  })
})

function errorOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
