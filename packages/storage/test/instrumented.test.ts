import { beforeEach, describe, expect, it } from 'vitest'

import {
  instrumented,
  memoryStorage,
  StorageError,
  withRetry,
  type StorageAdapter,
  type StorageCall,
} from '../src/index.ts'
import { collect } from './collect.ts'

const bytes = new Uint8Array([1, 2, 3])

let time = 0
const clock = { now: () => time }
let inner: StorageAdapter
let calls: StorageCall[]

function watching(adapter: StorageAdapter): StorageAdapter {
  return instrumented(adapter, (call) => calls.push(call), { clock })
}

function outcomes(): string[] {
  return calls.map(({ operation, key, outcome, bytes: size }) => `${operation} ${key}: ${outcome}, ${size} bytes`)
}

beforeEach(() => {
  time = 0
  calls = []
  inner = memoryStorage()
})

describe('instrumented', () => {
  it('tells of every call once, what came of it and how many bytes went', async () => {
    const store = watching(inner)
    const etag = await store.put('a', bytes, { ifAbsent: true })
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    await store.get('a')
    await store.get('a', { ifNoneMatch: etag })
    await store.get('b')
    await expect(store.get('a', { maximumBytes: 2 })).rejects.toMatchObject({ code: 'too-large' })
    await store.delete('a')
    await collect(store.list('x/'))
    expect(outcomes()).toEqual([
      'put a: ok, 3 bytes',
      'put a: already-exists, 0 bytes',
      'get a: ok, 3 bytes',
      'get a: not-modified, 0 bytes',
      'get b: absent, 0 bytes',
      'get a: too-large, 0 bytes',
      'delete a: ok, 0 bytes',
      'list x/: ok, 0 bytes',
    ])
    expect(new Set(calls.map(({ storage }) => storage))).toEqual(new Set(['memory:']))
  })

  it('says "aborted" when the call ended with its signal, and "unknown" of errors that are none of the contract', async () => {
    const store = watching({
      ...inner,
      delete: async () => {
        throw new TypeError('a bug')
      },
    })
    const reason = new StorageError({ code: 'denied', message: 'a reason may be anything' })
    await expect(store.get('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(store.delete('a')).rejects.toThrow('a bug')
    expect(outcomes()).toEqual(['get a: aborted, 0 bytes', 'delete a: unknown, 0 bytes'])
  })

  it('measures how long the caller waited', async () => {
    const store = watching({
      ...inner,
      put: async (...call) => {
        time += 25
        return inner.put(...call)
      },
      delete: async () => {
        time += 40
        throw new StorageError({ code: 'unavailable', message: 'planned' })
      },
    })
    await store.put('a', bytes)
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'unavailable' })
    expect(calls.map(({ durationMs }) => durationMs)).toEqual([25, 40])
  })

  it('measures of a listing only what the store takes, not what is done with the keys', async () => {
    const store = watching({
      ...inner,
      async *list() {
        for (const key of ['a', 'b', 'c']) {
          time += 10
          yield key
        }
        time += 10
      },
    })
    const taken: string[] = []
    for await (const key of store.list('')) {
      taken.push(key)
      time += 1_000
    }
    expect(taken).toEqual(['a', 'b', 'c'])
    expect(calls).toMatchObject([{ operation: 'list', durationMs: 40, outcome: 'ok' }])
  })

  it('takes a listing that is left early, or fails, for one call that has ended', async () => {
    const store = watching({
      ...inner,
      async *list(prefix) {
        time += 10
        yield `${prefix}a`
        time += 10
        throw new StorageError({ code: 'unavailable', message: 'planned' })
      },
    })
    for await (const key of store.list('x/')) if (key === 'x/a') break
    await expect(collect(store.list('y/'))).rejects.toMatchObject({ code: 'unavailable' })
    expect(outcomes()).toEqual(['list x/: ok, 0 bytes', 'list y/: unavailable, 0 bytes'])
    expect(calls.map(({ durationMs }) => durationMs)).toEqual([10, 20])
  })

  it('does not let a broken counter break a call', async () => {
    const store = instrumented(inner, () => {
      throw new Error('no such metric')
    })
    await store.put('a', bytes)
    expect((await store.get('a'))?.bytes).toEqual(bytes)
    expect(await collect(store.list(''))).toEqual(['a'])
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
  })

  it('counts what the caller sees around withRetry, and each attempt inside of it', async () => {
    let failures = 1
    const flaky: StorageAdapter = {
      ...inner,
      delete: async () => {
        if (failures-- > 0) throw new StorageError({ code: 'unavailable', message: 'planned' })
      },
    }
    await watching(withRetry(watching(flaky), { minimumDelayMs: 1 })).delete('a')
    expect(outcomes()).toEqual(['delete a: unavailable, 0 bytes', 'delete a: ok, 0 bytes', 'delete a: ok, 0 bytes'])
  })

  it('keeps name and capabilities', () => {
    const store = watching({ ...inner, capabilities: { createOnly: false } })
    expect(store.name).toBe('memory:')
    expect(store.capabilities).toEqual({ createOnly: false })
  })
})
