import { memoryStorage, StorageError, type StorageAdapter } from '@outlast/storage'
import { describe, expect, it } from 'vitest'

import { collect } from '../src/collect.ts'
import { faultyStorage, type Fault, type FaultyCall } from '../src/index.ts'

const bytes = new Uint8Array([1, 2, 3, 4])

/** A store where the calls of one operation have this fault, and the good store behind it. */
function broken(operation: FaultyCall['operation'], fault: Fault): { store: StorageAdapter; behind: StorageAdapter } {
  const behind = memoryStorage()
  const onCall = (call: FaultyCall): Fault | undefined => (call.operation === operation ? fault : undefined)
  return { store: faultyStorage(behind, { onCall, timeoutMs: 20 }), behind }
}

describe('faultyStorage', () => {
  it('asks once for every call, with operation, key and the count of that operation', async () => {
    const asked: FaultyCall[] = []
    const store = faultyStorage(memoryStorage(), { onCall: (call) => void asked.push(call) })
    await store.put('a', bytes)
    await store.put('b', bytes)
    await store.get('a')
    await collect(store.list('x/'))
    await store.delete('b')
    expect(asked).toEqual([
      { operation: 'put', key: 'a', count: 1 },
      { operation: 'put', key: 'b', count: 2 },
      { operation: 'get', key: 'a', count: 1 },
      { operation: 'list', key: 'x/', count: 1 },
      { operation: 'delete', key: 'b', count: 1 },
    ])
  })

  it('fail-before: unavailable, and nothing was written', async () => {
    const { store, behind } = broken('put', 'fail-before')
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'unavailable', operation: 'put', key: 'a' })
    expect(await behind.get('a')).toBeUndefined()
  })

  it('fail-after: unavailable, but it was written', async () => {
    const { store, behind } = broken('put', 'fail-after')
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'unavailable' })
    expect((await behind.get('a'))?.bytes).toEqual(bytes)
    await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject({ code: 'already-exists' })
  })

  it('fail-after: a listing breaks off halfway', async () => {
    const { store, behind } = broken('list', 'fail-after')
    for (const key of ['a', 'b', 'c', 'd']) await behind.put(key, bytes)
    const seen: string[] = []
    const walk = async (): Promise<void> => {
      for await (const key of store.list('')) seen.push(key)
    }
    await expect(walk()).rejects.toMatchObject({ code: 'unavailable' })
    expect(seen).toEqual(['a', 'b'])
  })

  it('hang: nothing until the deadline or the signal, and nothing was written', async () => {
    const { store, behind } = broken('put', 'hang')
    await expect(store.put('a', bytes)).rejects.toMatchObject({ code: 'timeout' })
    const reason = new Error('enough')
    const controller = new AbortController()
    const written = store.put('a', bytes, { signal: controller.signal })
    controller.abort(reason)
    await expect(written).rejects.toBe(reason)
    expect(await behind.get('a')).toBeUndefined()
  })

  it('truncate: the first half as if it were all', async () => {
    const { store } = broken('get', 'truncate')
    await store.put('a', bytes)
    expect((await store.get('a'))?.bytes).toEqual(bytes.subarray(0, 2))
    expect(await store.get('absent')).toBeUndefined()
  })

  it('wrong-order: invalid-response', async () => {
    const { store } = broken('list', 'wrong-order')
    for (const key of ['a', 'b']) await store.put(key, bytes)
    await expect(collect(store.list(''))).rejects.toMatchObject({ code: 'invalid-response' })
  })

  it('delayMs: a correct answer, late', async () => {
    const { store } = broken('get', { delayMs: 1 })
    await store.put('a', bytes)
    expect((await store.get('a'))?.bytes).toEqual(bytes)
  })

  it('error: the given error, and nothing was done', async () => {
    const error = new StorageError({ code: 'denied', message: 'expired' })
    const { store, behind } = broken('delete', { error })
    await behind.put('a', bytes)
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'denied', storage: 'memory:', cause: error })
    expect((await behind.get('a'))?.bytes).toEqual(bytes)
  })
})
