import { describe, expect, it } from 'vitest'

import {
  defineStorage,
  instrumented,
  maximumObjectBytes,
  memoryStorage,
  readOnly,
  StorageError,
  withCreateOnlyProbe,
  withPrefix,
  withRetry,
  type GetOptions,
  type StorageAdapter,
  type StorageErrorCode,
  type StorageReader,
} from '../src/index.ts'
import { collect } from './collect.ts'

const bytes = new Uint8Array([1, 2, 3])
const quick = { minimumDelayMs: 1, maximumDelayMs: 1 }

describe('withPrefix', () => {
  it('shows only what is under the prefix, and writes only there', async () => {
    const whole = memoryStorage()
    await whole.put('other/a', bytes)
    await whole.put('team-b', bytes)
    const part = withPrefix(whole, 'team')
    await part.put('a', bytes)
    await part.put('b/c', bytes)
    expect(await collect(part.list(''))).toEqual(['a', 'b/c'])
    expect(await collect(part.list('', { after: 'a' }))).toEqual(['b/c'])
    expect(await collect(part.list('b/'))).toEqual(['b/c'])
    expect(await collect(whole.list(''))).toEqual(['other/a', 'team-b', 'team/a', 'team/b/c'])
    await part.delete('a')
    expect(await whole.get('team/a')).toBeUndefined()
  })

  it('keeps name and capabilities, and takes a slash at the end', () => {
    const part = withPrefix(memoryStorage({ name: 'memory:x' }), 'team/')
    expect(part.name).toBe('memory:x/team')
    expect(part.capabilities).toEqual({ createOnly: true })
  })

  it.each([[''], ['/'], ['a//b'], ['..'], ['/a']])('refuses the prefix %j', (prefix) => {
    expect(() => withPrefix(memoryStorage(), prefix)).toThrow(StorageError)
  })

  it('cannot be left, also in an adapter that checks no keys', async () => {
    const reached: string[] = []
    const careless: StorageAdapter = {
      ...memoryStorage(),
      put: async (key) => {
        reached.push(key)
        return 'etag'
      },
    }
    await expect(withPrefix(careless, 'team').put('../other/a', bytes)).rejects.toMatchObject({ code: 'invalid-key' })
    expect(reached).toEqual([])
  })
})

describe('readOnly', () => {
  it('reads, and has nothing to write with', async () => {
    const whole = memoryStorage()
    await whole.put('a', bytes)
    const reader = readOnly(whole)
    expect((await reader.get('a'))?.bytes).toEqual(bytes)
    expect(await collect(reader.list(''))).toEqual(['a'])
    expect(Object.keys(reader).sort()).toEqual(['get', 'list', 'name'])
  })
})

it.each<[string, (adapter: StorageAdapter) => StorageReader]>([
  ['withPrefix', (adapter) => withPrefix(adapter, 'team')],
  ['readOnly', readOnly],
  ['withRetry', (adapter) => withRetry(adapter)],
  ['withCreateOnlyProbe', (adapter) => withCreateOnlyProbe(adapter, { key: 'probe' })],
  ['instrumented', (adapter) => instrumented(adapter, () => {})],
])('%s hands every option of a get on', async (_name, wrap) => {
  const asked: GetOptions[] = []
  const whole = defineStorage({
    capabilities: { createOnly: true },
    get: async (_key, { ifNoneMatch, maximumBytes }) => {
      asked.push({ ifNoneMatch, maximumBytes })
      return undefined
    },
    put: async () => 'etag',
    async *list() {},
    delete: async () => {},
  })
  const reader = wrap(whole)
  await reader.get('a', { ifNoneMatch: '"1"', maximumBytes: 7 })
  await reader.get('a')
  expect(asked).toEqual([
    { ifNoneMatch: '"1"', maximumBytes: 7 },
    { ifNoneMatch: undefined, maximumBytes: maximumObjectBytes },
  ])
  const reason = new Error('enough')
  await expect(reader.get('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

/** A memory store (a fake of a bad network) whose calls fail with the given codes first; `applied` writes happen all the same. */
function flaky(codes: StorageErrorCode[], { applied = false } = {}): StorageAdapter & { readonly calls: () => number } {
  const inner = memoryStorage()
  let calls = 0
  const fail = (): void => {
    const code = codes[calls++]
    if (code !== undefined) throw new StorageError({ code, message: `planned ${code}` })
  }
  const definition = defineStorage({
    name: 'flaky:',
    capabilities: { createOnly: true },
    async get(key) {
      fail()
      return inner.get(key)
    },
    async put(key, own, options) {
      if (!applied) fail()
      const etag = await inner.put(key, own, options)
      if (applied) fail()
      return etag
    },
    async *list(prefix, options) {
      for await (const key of inner.list(prefix, options)) {
        yield key
        fail()
      }
    },
    async delete(key) {
      fail()
      await inner.delete(key)
    },
  })
  return { ...definition, calls: () => calls }
}

describe('withRetry', () => {
  it('repeats get, put and delete after retryable errors, and says so before each wait', async () => {
    const told: string[] = []
    const onRetry = (retry: { readonly error: StorageError; readonly attempt: number }): void => {
      told.push(`${retry.attempt} ${retry.error.code}`)
    }
    const store = withRetry(flaky(['unavailable', 'throttled']), { ...quick, onRetry })
    expect(await store.get('a')).toBeUndefined()
    expect(told).toEqual(['1 unavailable', '2 throttled'])

    const writer = withRetry(flaky(['timeout']), quick)
    await writer.put('a', bytes)
    expect((await writer.get('a'))?.bytes).toEqual(bytes)
    await withRetry(flaky(['conflict']), quick).delete('a')
  })

  it('does not repeat what will not go away by itself', async () => {
    const store = flaky(['denied'])
    await expect(withRetry(store, quick).get('a')).rejects.toMatchObject({ code: 'denied' })
    expect(store.calls()).toBe(1)
  })

  it('gives up after the given number of retries, and with the budget, with the last error', async () => {
    const store = flaky(Array<StorageErrorCode>(10).fill('unavailable'))
    await expect(withRetry(store, { ...quick, retries: 2 }).get('a')).rejects.toMatchObject({ code: 'unavailable' })
    expect(store.calls()).toBe(3)

    const out = flaky(Array<StorageErrorCode>(10).fill('unavailable'))
    await expect(withRetry(out, { ...quick, budgetMs: 0 }).get('a')).rejects.toMatchObject({ code: 'unavailable' })
    expect(out.calls()).toBe(1)
  })

  it.each([
    ['before the longest wait is reached', { minimumDelayMs: 20, maximumDelayMs: 60_000 }, 20, 40],
    ['when it is', { minimumDelayMs: 60_000, maximumDelayMs: 40 }, 20, 40],
  ])('waits a random time, %s', async (_when, delays, least, most) => {
    const waits: number[] = []
    const onRetry = ({ delayMs }: { readonly delayMs: number }): void => {
      waits.push(delayMs)
    }
    const calls = Array.from({ length: 40 }, async () =>
      withRetry(flaky(['unavailable']), { ...delays, onRetry }).get('a'),
    )
    await Promise.all(calls)
    expect(waits).toHaveLength(40)
    expect(new Set(waits).size).toBeGreaterThan(5)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...waits)).toBeLessThanOrEqual(most)
  })

  it('takes nothing but bytes', async () => {
    const store = withRetry(memoryStorage())
    // @ts-expect-error callers may be plain JavaScript
    await expect(store.put('a', 'text')).rejects.toThrow(TypeError)
    expect(await store.get('a')).toBeUndefined()
  })

  it('ends a wait at the signal, with its reason', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const store = withRetry(flaky(['unavailable']), {
      minimumDelayMs: 60_000,
      maximumDelayMs: 60_000,
      onRetry: () => setImmediate(() => controller.abort(reason)),
    })
    await expect(store.get('a', { signal: controller.signal })).rejects.toBe(reason)
  })

  it('takes a listing up again after the last key, each key once', async () => {
    const inner = memoryStorage()
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) await inner.put(name, bytes)
    let breaks = 3
    const store = withRetry(
      {
        ...inner,
        async *list(prefix, options) {
          let given = 0
          for await (const key of inner.list(prefix, options)) {
            if (given++ === 1 && breaks-- > 0) throw new StorageError({ code: 'unavailable', message: 'cut' })
            yield key
          }
        },
      },
      quick,
    )
    expect(await collect(store.list(''))).toEqual(names)
    breaks = 2
    expect(await collect(store.list('', { after: 'a', limit: 3 }))).toEqual(['b', 'c', 'd'])
  })

  it('never calls its own first success `already-exists`: the outcome is an unretryable conflict', async () => {
    const store = withRetry(flaky(['unavailable'], { applied: true }), quick)
    const attempt = store.put('a', bytes, { ifAbsent: true })
    await expect(attempt).rejects.toMatchObject({ code: 'conflict', retryable: false, key: 'a' })
    expect((await store.get('a'))?.bytes).toEqual(bytes)
  })

  it('says `already-exists` when the first attempt finds the key taken, and creates after a failure that wrote nothing', async () => {
    const store = withRetry(flaky(['unavailable']), quick)
    await store.put('a', bytes, { ifAbsent: true })
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
  })

  it('keeps name and capabilities', () => {
    const store = withRetry(memoryStorage())
    expect(store.name).toBe('memory:')
    expect(store.capabilities).toEqual({ createOnly: true })
  })
})
