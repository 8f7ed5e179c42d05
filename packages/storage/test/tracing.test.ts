import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { defineStorage, memoryStorage, withPrefix, withRetry, StorageError, type StorageTrace } from '../src/index.ts'
import { collect } from './collect.ts'

const channel = tracingChannel<unknown, StorageTrace>('outlast.storage')
const bytes = new TextEncoder().encode('secret')

interface Event {
  readonly name: 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error'
  readonly trace: StorageTrace
  /** As it was when the event came: there is one object for all events of a call. */
  readonly copy: StorageTrace
}

let events: Event[]

function listen(name: Event['name']): (trace: StorageTrace) => void {
  return (trace) => {
    events.push({ name, trace, copy: { ...trace } })
  }
}

const subscribers = {
  start: listen('start'),
  end: listen('end'),
  asyncStart: listen('asyncStart'),
  asyncEnd: listen('asyncEnd'),
  error: listen('error'),
}

beforeEach(() => {
  events = []
  channel.subscribe(subscribers)
})

afterEach(() => {
  channel.unsubscribe(subscribers)
})

/** What the calls so far had come to when they ended. */
function ended(): StorageTrace[] {
  return events.filter(({ name }) => name === 'asyncEnd').map(({ copy }) => copy)
}

describe('the tracing channel outlast.storage', () => {
  it('tells when a call starts and how it ended, with one context for both', async () => {
    await memoryStorage().put('a', bytes)
    expect(events.map(({ name }) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(events[0]?.copy).toEqual({ storage: 'memory:', operation: 'put', key: 'a' })
    expect(events[3]?.copy).toMatchObject({ storage: 'memory:', operation: 'put', key: 'a', outcome: 'ok', bytes: 6 })
    expect(new Set(events.map(({ trace }) => trace)).size).toBe(1)
  })

  it('tells the outcomes of every call', async () => {
    const store = memoryStorage()
    const etag = await store.put('a', bytes)
    await store.get('a')
    await store.get('a', { ifNoneMatch: etag })
    await store.get('b')
    await store.delete('a')
    expect(ended().map(({ operation, outcome, bytes: size }) => [operation, outcome, size])).toEqual([
      ['put', 'ok', 6],
      ['get', 'ok', 6],
      ['get', 'not-modified', 0],
      ['get', 'absent', 0],
      ['delete', 'ok', 0],
    ])
  })

  it('tells failures, refusals and aborts', async () => {
    const store = defineStorage(
      {
        name: 'hanging:',
        capabilities: { createOnly: false },
        get: async () => new Promise(() => {}),
        put: async () => {
          throw new StorageError({ code: 'denied', message: 'no' })
        },
        async *list() {},
        delete: async () => {},
      },
      { timeoutMs: 5 },
    )
    const failures = [
      store.get('a'),
      store.put('a', bytes),
      store.put('a', bytes, { ifAbsent: true }),
      store.delete('../a'),
      store.get('a', { signal: AbortSignal.abort(new Error('enough')) }),
    ]
    const outcomes = await Promise.allSettled(failures)
    expect(outcomes.map(({ status }) => status)).toEqual(failures.map(() => 'rejected'))
    const told = ended().map(({ outcome }) => outcome)
    expect(new Set(told)).toEqual(new Set(['aborted', 'denied', 'invalid-key', 'timeout', 'unsupported']))
    const errors = events.filter(({ name }) => name === 'error').map(({ copy }) => copy.error)
    expect(new Set(errors)).toEqual(new Set(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)))
  })

  it('takes a listing for one call, from its first key to its last', async () => {
    const store = memoryStorage()
    for (const key of ['a', 'b', 'c']) await store.put(key, bytes)
    events = []
    const keys = store.list('')
    expect(events).toEqual([])
    const taken: string[] = []
    for await (const key of keys) {
      taken.push(key)
      expect(ended()).toEqual([])
    }
    expect(taken).toEqual(['a', 'b', 'c'])
    expect(ended()).toMatchObject([{ operation: 'list', key: '', outcome: 'ok' }])
  })

  it('ends a listing that nobody wants to go on with, and one that fails', async () => {
    const store = memoryStorage()
    for (const key of ['a', 'b']) await store.put(key, bytes)
    events = []
    for await (const key of store.list('')) if (key === 'a') break
    await expect(collect(store.list('', { signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow('enough')
    await expect(collect(store.list('../'))).rejects.toMatchObject({ code: 'invalid-key' })
    expect(ended().map(({ outcome }) => outcome)).toEqual(['ok', 'aborted', 'invalid-key'])
  })

  it('tells of a call once, whatever is wrapped around the adapter, and of each attempt', async () => {
    let calls = 0
    const flaky = defineStorage({
      capabilities: { createOnly: true },
      get: async () => {
        if (calls++ === 0) throw new StorageError({ code: 'unavailable', message: 'planned' })
        return undefined
      },
      put: async () => 'etag',
      async *list() {},
      delete: async () => {},
    })
    await withPrefix(withRetry(flaky, { minimumDelayMs: 1 }), 'team').get('a')
    expect(ended().map(({ key, outcome }) => [key, outcome])).toEqual([
      ['team/a', 'unavailable'],
      ['team/a', 'absent'],
    ])
  })

  it('never shows what is stored', async () => {
    const store = memoryStorage()
    await store.put('a', bytes)
    expect((await store.get('a'))?.bytes).toEqual(bytes)
    const told = events.flatMap(({ copy }) => Object.values(copy))
    expect(told.filter((value) => typeof value === 'object')).toEqual([])
    expect(JSON.stringify(told)).not.toContain('secret')
  })

  it('carries what a tracer binds to it into the adapter', async () => {
    const span = new AsyncLocalStorage<string>()
    channel.start.bindStore(span, ({ operation, key }) => `${operation} ${key}`)
    let seen: string | undefined
    try {
      await defineStorage({
        capabilities: { createOnly: true },
        get: async () => {
          seen = span.getStore()
          return undefined
        },
        put: async () => 'etag',
        async *list() {},
        delete: async () => {},
      }).get('a')
    } finally {
      channel.start.unbindStore(span)
    }
    expect(seen).toBe('get a')
    expect(span.getStore()).toBeUndefined()
  })
})
