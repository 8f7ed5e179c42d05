import { beforeEach, describe, expect, it } from 'vitest'

import {
  defineStorage,
  instrumented,
  memoryStorage,
  provesCreateOnly,
  StorageError,
  withCreateOnlyProbe,
  type CreateOnlyProbeOptions,
  type StorageAdapter,
  type StorageCall,
} from '../src/index.ts'
import { collect } from './collect.ts'

const bytes = new Uint8Array([1, 2, 3])
const other = new Uint8Array([4])
const hourMs = 3_600_000

let time: number
const clock = { now: () => time }
let inner: StorageAdapter
let calls: StorageCall[]
/** Whether the store minds the condition. */
let enforces: boolean

/** A server that says nothing about a condition that it does not know, and writes. */
function store(): StorageAdapter {
  return instrumented(
    {
      ...inner,
      put: async (key, own, options) => inner.put(key, own, { ...options, ifAbsent: enforces && options?.ifAbsent }),
    },
    (call) => calls.push(call),
  )
}

/** A store that says itself that it cannot create only. */
function declaringNothing(): StorageAdapter {
  return defineStorage({
    name: 'simple:',
    capabilities: { createOnly: false },
    get: async (key, options) => inner.get(key, options),
    put: async (key, own, { signal }) => inner.put(key, own, { signal }),
    list: (prefix, options) => inner.list(prefix, options),
    delete: async (key, options) => inner.delete(key, options),
  })
}

/** A folder on a file system without hard links finds out only when it tries. */
function unableToCreate(): StorageAdapter {
  return {
    ...inner,
    put: async (key, own, options) => {
      if (options?.ifAbsent === true) throw new StorageError({ code: 'unsupported', message: 'no hard links' })
      return inner.put(key, own, options)
    },
  }
}

function probed(adapter: StorageAdapter, options: Partial<CreateOnlyProbeOptions> = {}): StorageAdapter {
  return withCreateOnlyProbe(adapter, { key: 'probe', clock, ...options })
}

function putsOf(key: string): number {
  return calls.filter((call) => call.operation === 'put' && call.key === key).length
}

beforeEach(() => {
  time = 0
  inner = memoryStorage()
  calls = []
  enforces = true
})

describe('provesCreateOnly', () => {
  it('is true of a store that refuses to create what is there, and leaves one small object', async () => {
    expect(await provesCreateOnly(store(), 'probe')).toBe(true)
    expect(putsOf('probe')).toBe(2)
    expect(await provesCreateOnly(store(), 'probe')).toBe(true)
    expect(putsOf('probe')).toBe(3)
    expect(await collect(inner.list(''))).toEqual(['probe'])
    expect((await inner.get('probe'))?.bytes.byteLength).toBeLessThan(100)
  })

  it('is false of a store that takes the condition and ignores it', async () => {
    enforces = false
    expect(await provesCreateOnly(store(), 'probe')).toBe(false)
    expect(await provesCreateOnly(store(), 'probe')).toBe(false)
  })

  it('is false of a store that says itself that it cannot, before or when it is asked', async () => {
    expect(await provesCreateOnly(declaringNothing(), 'probe')).toBe(false)
    expect(await provesCreateOnly({ ...inner, capabilities: { createOnly: false } }, 'probe')).toBe(false)
    expect(await provesCreateOnly(unableToCreate(), 'probe')).toBe(false)
    expect(await collect(inner.list(''))).toEqual([])
  })

  it('is true for many at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => provesCreateOnly(store(), 'probe')))
    expect(answers).toEqual(Array<boolean>(20).fill(true))
  })

  it('says nothing when the store does not', async () => {
    const failing = { ...inner, put: async () => Promise.reject(new StorageError({ code: 'denied', message: 'no' })) }
    await expect(provesCreateOnly(failing, 'probe')).rejects.toMatchObject({ code: 'denied' })
    const reason = new Error('enough')
    await expect(provesCreateOnly(inner, 'probe', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('withCreateOnlyProbe', () => {
  it('asks for proof before the first create-only put, and again after an hour', async () => {
    const writer = probed(store())
    await writer.put('a', bytes)
    expect(putsOf('probe')).toBe(0)
    await writer.put('b', bytes, { ifAbsent: true })
    await writer.put('c', bytes, { ifAbsent: true })
    expect(putsOf('probe')).toBe(2)
    time += hourMs
    await writer.put('d', bytes, { ifAbsent: true })
    expect(putsOf('probe')).toBe(3)
    await expect(writer.put('d', other, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    expect((await writer.get('d'))?.bytes).toEqual(bytes)
  })

  it('refuses with unsupported where the condition is ignored, writes nothing, and takes other writes', async () => {
    enforces = false
    const writer = probed(store())
    const refused = writer.put('a', bytes, { ifAbsent: true })
    await expect(refused).rejects.toMatchObject({ code: 'unsupported', retryable: false, operation: 'put', key: 'a' })
    expect(await writer.get('a')).toBeUndefined()
    await writer.put('a', bytes)
    expect((await writer.get('a'))?.bytes).toEqual(bytes)
  })

  it('notices within an hour that a store has ceased to enforce it, and at once that it enforces it again', async () => {
    const writer = probed(store())
    await writer.put('a', bytes, { ifAbsent: true })
    enforces = false
    time += hourMs
    await expect(writer.put('b', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unsupported' })
    enforces = true
    await writer.put('b', bytes, { ifAbsent: true })
  })

  it('passes on what the store declares, and refuses what it does not', async () => {
    expect(probed(store()).capabilities).toEqual({ createOnly: true })
    const writer = probed(declaringNothing())
    expect(writer.capabilities).toEqual({ createOnly: false })
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('takes nothing but bytes', async () => {
    // @ts-expect-error callers may be plain JavaScript
    await expect(probed(store()).put('a', 'text', { ifAbsent: true })).rejects.toThrow(TypeError)
    expect(await inner.get('a')).toBeUndefined()
  })
})

describe.each([
  ['ignores the condition', () => ((enforces = false), store())],
  ['declares nothing', declaringNothing],
  ['cannot create when it tries', unableToCreate],
])('withCreateOnlyProbe for a single writer, on a store that %s', (_what, open) => {
  it('creates what is absent, and refuses what is there', async () => {
    const writer = probed(open(), { singleWriter: true })
    expect(writer.capabilities).toEqual({ createOnly: true })
    await writer.put('a', bytes, { ifAbsent: true })
    await writer.put('empty', new Uint8Array(), { ifAbsent: true })
    for (const key of ['a', 'empty']) {
      const refused = writer.put(key, other, { ifAbsent: true })
      await expect(refused).rejects.toMatchObject({ code: 'already-exists', retryable: false, operation: 'put', key })
    }
    expect((await writer.get('a'))?.bytes).toEqual(bytes)
  })

  it('lets one of many calls at the same time win, and says "conflict" to the others', async () => {
    const writer = probed(open(), { singleWriter: true })
    await writer.put('first', bytes, { ifAbsent: true })
    const creators = Array.from({ length: 10 }, async (_value, index) =>
      writer.put('a', new Uint8Array([index]), { ifAbsent: true }),
    )
    const results = await Promise.allSettled(creators)
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const told = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(told.filter((error) => StorageError.isInstance(error) && error.code === 'conflict')).toHaveLength(9)
    expect((await writer.get('a'))?.bytes).toEqual(new Uint8Array([winner]))
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
  })
})

describe('withCreateOnlyProbe for a single writer', () => {
  it('lets nobody else create a key while it is being written, and everybody try again after a failure', async () => {
    const answer = Promise.withResolvers<void>()
    let puts = 0
    const slow: StorageAdapter = {
      ...declaringNothing(),
      put: async () => {
        puts += 1
        await answer.promise
        throw new StorageError({ code: 'unavailable', message: 'planned' })
      },
    }
    const writer = probed(slow, { singleWriter: true })
    const first = writer.put('a', bytes, { ifAbsent: true })
    await expect.poll(() => puts).toBe(1)
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'conflict' })
    answer.resolve()
    await expect(first).rejects.toMatchObject({ code: 'unavailable' })
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unavailable' })
    expect(puts).toBe(2)
  })

  it('leaves the choice to a store that makes it', async () => {
    const writer = probed(store(), { singleWriter: true })
    await writer.put('a', bytes, { ifAbsent: true })
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    expect(calls.map(({ operation }) => operation)).not.toContain('get')
  })

  it('probes a store that does not once an hour too, and looks before a put without reading what is there', async () => {
    enforces = false
    await inner.put('large', new Uint8Array(1_000))
    const writer = probed(store(), { singleWriter: true })
    await writer.put('a', bytes, { ifAbsent: true })
    await writer.put('b', bytes, { ifAbsent: true })
    expect(putsOf('probe')).toBe(2)
    await expect(writer.put('large', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
    expect(calls.filter(({ operation }) => operation === 'get').map(({ bytes: read }) => read)).toEqual([0, 0, 0])
    time += hourMs
    enforces = true
    await writer.put('c', bytes, { ifAbsent: true })
    expect(calls.filter(({ operation }) => operation === 'get')).toHaveLength(3)
  })

  it('does not create when it cannot look', async () => {
    const failing = {
      ...declaringNothing(),
      get: async () => Promise.reject(new StorageError({ code: 'unavailable', message: 'planned' })),
    }
    const writer = probed(failing, { singleWriter: true })
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await inner.get('a')).toBeUndefined()
    await expect(writer.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unavailable' })
  })
})
