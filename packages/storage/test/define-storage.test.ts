import { describe, expect, it } from 'vitest'

import {
  defineStorage,
  maximumObjectBytes,
  StorageError,
  type StorageAdapter,
  type StorageDefinition,
} from '../src/index.ts'
import { collect } from './collect.ts'

const bytes = new Uint8Array([1, 2, 3])

/** A definition of which only the part under test matters. */
function definitionWith(part: Partial<StorageDefinition>): StorageDefinition {
  return {
    name: 'test:',
    capabilities: { createOnly: true },
    get: async () => undefined,
    put: async () => 'etag',
    async *list() {},
    delete: async () => {},
    ...part,
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => {})

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it resolved'),
    (error: unknown) => error,
  )
}

async function keys(adapter: StorageAdapter, prefix = '', options = {}): Promise<string[]> {
  return collect(adapter.list(prefix, options))
}

const everyOperation: ReadonlyArray<[string, (adapter: StorageAdapter, signal?: AbortSignal) => Promise<unknown>]> = [
  ['get', (adapter, signal) => adapter.get('key', { signal })],
  ['put', (adapter, signal) => adapter.put('key', bytes, { signal })],
  ['list', (adapter, signal) => keys(adapter, 'key', { signal })],
  ['delete', (adapter, signal) => adapter.delete('key', { signal })],
]

const hanging = definitionWith({
  get: never,
  put: never,
  list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  delete: never,
})

describe.each(everyOperation)('%s of a definition that hangs and ignores its signal', (operation, call) => {
  it('ends at the deadline with a retryable timeout that names storage, operation and key', async () => {
    const error = await rejection(call(defineStorage(hanging, { timeoutMs: 5 })))
    expect(error).toMatchObject({ code: 'timeout', retryable: true, operation, key: 'key', storage: 'test:' })
  })

  it('ends at the signal with its reason', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const result = rejection(call(defineStorage(hanging), controller.signal))
    controller.abort(reason)
    expect(await result).toBe(reason)
  })
})

describe.each(everyOperation)('%s', (_operation, call) => {
  it('does not reach the definition when the signal is already aborted', async () => {
    let calls = 0
    const count = (): never => {
      calls += 1
      throw new Error('called')
    }
    const adapter = defineStorage(definitionWith({ get: count, put: count, list: count, delete: count }))
    const reason = new Error('before')
    expect(await rejection(call(adapter, AbortSignal.abort(reason)))).toBe(reason)
    expect(calls).toBe(0)
  })

  it('gives the definition a signal that fires at the deadline', async () => {
    let aborted: AbortSignal | undefined
    const listen = (signal: AbortSignal): Promise<never> => {
      aborted = signal
      return never()
    }
    const adapter = defineStorage(
      definitionWith({
        get: (_key, { signal }) => listen(signal),
        put: (_key, _bytes, { signal }) => listen(signal),
        list: (_prefix, { signal }) => ({ [Symbol.asyncIterator]: () => ({ next: () => listen(signal) }) }),
        delete: (_key, { signal }) => listen(signal),
      }),
      { timeoutMs: 5 },
    )
    await rejection(call(adapter))
    expect(aborted?.aborted).toBe(true)
  })

  it('reports its own timeout, whatever error the definition makes of the abort', async () => {
    const obey = (signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('aborted by the SDK', 'AbortError')))
      })
    const adapter = defineStorage(
      definitionWith({
        get: (_key, { signal }) => obey(signal),
        put: (_key, _bytes, { signal }) => obey(signal),
        list: (_prefix, { signal }) => ({ [Symbol.asyncIterator]: () => ({ next: () => obey(signal) }) }),
        delete: (_key, { signal }) => obey(signal),
        mapError: () => 'denied',
      }),
      { timeoutMs: 5 },
    )
    expect(await rejection(call(adapter))).toMatchObject({ code: 'timeout' })
  })

  it('maps what the definition throws, also when it throws before it returns a promise', async () => {
    const fail = (): never => {
      throw Object.assign(new Error('secret=hunter2'), { code: 'ECONNREFUSED' })
    }
    const adapter = defineStorage(
      definitionWith({ get: fail, put: fail, list: fail, delete: fail, mapError: () => 'unavailable' }),
    )
    const error = await rejection(call(adapter))
    expect(error).toMatchObject({ code: 'unavailable', retryable: true, storage: 'test:', key: 'key' })
    expect(String(error)).toContain('ECONNREFUSED')
    expect(String(error)).not.toContain('hunter2')
  })
})

describe('errors of a definition', () => {
  const failing = (error: unknown, mapError?: StorageDefinition['mapError']): StorageAdapter => {
    const definition = definitionWith({
      get: async () => {
        throw error
      },
    })
    return defineStorage(mapError ? { ...definition, mapError } : definition)
  }

  it('are unknown without a map, with a map that has no answer, and with a map that breaks', async () => {
    const broken = (): never => {
      throw new Error('the map is broken')
    }
    for (const map of [undefined, () => undefined, broken]) {
      const cause = new Error('?')
      expect(await rejection(failing(cause, map).get('key'))).toMatchObject({
        code: 'unknown',
        retryable: false,
        cause,
      })
    }
  })

  it('pass through when they are StorageErrors of a storage already', async () => {
    const error = new StorageError({ code: 'denied', message: 'no', storage: 'inner:' })
    expect(await rejection(failing(error, () => 'unavailable').get('key'))).toBe(error)
  })

  it('get storage, operation and key when they are StorageErrors without, and keep what they say', async () => {
    const cause = new Error('?')
    const error = new StorageError({ code: 'denied', message: 'no', retryable: true, cause })
    const completed = await rejection(failing(error, () => 'unavailable').get('key'))
    expect(completed).toMatchObject({ storage: 'test:', operation: 'get', key: 'key' })
    expect(completed).toMatchObject({ code: 'denied', message: 'test:: no', retryable: true, cause })
  })

  it('take message and retryable from the map', async () => {
    const map = () => ({ code: 'denied', message: 'the token has expired', retryable: true }) as const
    const error = await rejection(failing(new Error('?'), map).get('key'))
    expect(error).toMatchObject({ code: 'denied', message: 'test:: the token has expired', retryable: true })
  })

  it('may be no Error at all', async () => {
    expect(await rejection(failing('a string').get('key'))).toMatchObject({ code: 'unknown', cause: 'a string' })
  })
})

describe('late results of an abandoned call', () => {
  it('are swallowed: a late rejection is no unhandledRejection', async () => {
    const unhandled: unknown[] = []
    const record = (error: unknown): number => unhandled.push(error)
    process.on('unhandledRejection', record)
    try {
      const late = Promise.withResolvers<never>()
      const adapter = defineStorage(definitionWith({ get: () => late.promise }))
      const controller = new AbortController()
      const result = rejection(adapter.get('key', { signal: controller.signal }))
      controller.abort()
      await result
      late.reject(new Error('too late'))
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', record)
    }
  })
})

describe('answers that no store gives', () => {
  it.each([
    ['no etag', { bytes }],
    ['an empty etag', { bytes, etag: '' }],
    ['a string for bytes', { bytes: 'abc', etag: '1' }],
    ['null', null],
    ['not-modified to an unconditional get', 'not-modified'],
  ])('are refused: %s', async (_what, answer) => {
    // @ts-expect-error adapters may be plain JavaScript
    const adapter = defineStorage(definitionWith({ get: async () => answer }))
    expect(await rejection(adapter.get('key'))).toMatchObject({ code: 'invalid-response' })
  })

  it('are refused: a put without an etag', async () => {
    // @ts-expect-error adapters may be plain JavaScript
    const adapter = defineStorage(definitionWith({ put: async () => undefined }))
    expect(await rejection(adapter.put('key', bytes))).toMatchObject({ code: 'invalid-response' })
  })
})

describe('what defineStorage adds to a definition', () => {
  it('answers not-modified for an equal etag that the definition did not look at', async () => {
    const adapter = defineStorage(definitionWith({ get: async () => ({ bytes, etag: 'a' }) }))
    expect(await adapter.get('key', { ifNoneMatch: 'a' })).toBe('not-modified')
    expect(await adapter.get('key', { ifNoneMatch: 'b' })).toEqual({ bytes, etag: 'a' })
  })

  it('hands out plain Uint8Arrays where an SDK gives Buffers', async () => {
    const adapter = defineStorage(definitionWith({ get: async () => ({ bytes: Buffer.from('abc'), etag: 'a' }) }))
    const object = await adapter.get('key')
    expect(object?.bytes.constructor).toBe(Uint8Array)
    expect(object?.bytes).toEqual(new TextEncoder().encode('abc'))
  })

  it('hands out memory of its own where an SDK gives a part of a larger piece', async () => {
    const arrived = new Uint8Array([1, 2, 3, 4])
    const adapter = defineStorage(definitionWith({ get: async () => ({ bytes: arrived.subarray(1, 3), etag: 'a' }) }))
    const object = await adapter.get('key')
    expect(object?.bytes).toEqual(new Uint8Array([2, 3]))
    expect(object?.bytes.buffer.byteLength).toBe(2)
  })

  it('hands the bytes on as they are: a copy would cost more than many a write', async () => {
    const seen: Uint8Array[] = []
    const adapter = defineStorage(
      definitionWith({
        put: async (_key, given) => {
          seen.push(given)
          return 'etag'
        },
      }),
    )
    const mine = new Uint8Array([1])
    await adapter.put('key', mine)
    expect(seen[0]).toBe(mine)
  })

  it('refuses ifAbsent with `unsupported` when the definition does not declare it', async () => {
    let calls = 0
    const adapter = defineStorage(
      definitionWith({
        capabilities: { createOnly: false },
        put: async () => {
          calls += 1
          return 'etag'
        },
      }),
    )
    const error = await rejection(adapter.put('key', bytes, { ifAbsent: true }))
    expect(error).toMatchObject({ code: 'unsupported', retryable: false })
    expect(calls).toBe(0)
  })

  it('refuses bytes that are none, and deadlines that are none', async () => {
    const adapter = defineStorage(definitionWith({}))
    // @ts-expect-error callers may be plain JavaScript
    expect(await rejection(adapter.put('key', 'text'))).toBeInstanceOf(TypeError)
    for (const timeoutMs of [0, -1, Number.NaN, Infinity]) {
      expect(() => defineStorage(definitionWith({}), { timeoutMs })).toThrow(TypeError)
    }
  })
})

describe('how large an object may be', () => {
  const stored = { bytes: new Uint8Array(10), etag: '"1"' }

  it('is what the caller says, and the definition is told', async () => {
    const told: number[] = []
    const get: StorageDefinition['get'] = async (_key, { maximumBytes }) => {
      told.push(maximumBytes)
      return stored
    }
    const adapter = defineStorage(definitionWith({ get }))
    expect(await adapter.get('key', { maximumBytes: 10 })).toEqual(stored)
    const error = await rejection(adapter.get('key', { maximumBytes: 9 }))
    expect(error).toMatchObject({ code: 'too-large', retryable: false, operation: 'get', key: 'key', storage: 'test:' })
    expect(await adapter.get('key')).toEqual(stored)
    expect(told).toEqual([10, 9, maximumObjectBytes])
  })

  it('does not matter to what has not been modified, or is not there', async () => {
    const adapter = defineStorage(
      definitionWith({ get: async (key) => (key === 'absent' ? undefined : 'not-modified') }),
    )
    expect(await adapter.get('absent', { maximumBytes: 0 })).toBeUndefined()
    expect(await adapter.get('key', { ifNoneMatch: '"1"', maximumBytes: 0 })).toBe('not-modified')
  })

  it('is 256 MiB at most, for a put as well', async () => {
    let puts = 0
    const put = async (): Promise<string> => `"${++puts}"`
    const adapter = defineStorage(definitionWith({ put, get: async () => stored }))
    const tooLarge = new Uint8Array(maximumObjectBytes + 1)
    const error = await rejection(adapter.put('key', tooLarge))
    expect(error).toMatchObject({ code: 'too-large', retryable: false, operation: 'put' })
    expect(puts).toBe(0)
    for (const maximumBytes of [-1, 0.5, Number.NaN, Infinity, maximumObjectBytes + 1]) {
      expect(await rejection(adapter.get('key', { maximumBytes }))).toBeInstanceOf(TypeError)
    }
  })
})
