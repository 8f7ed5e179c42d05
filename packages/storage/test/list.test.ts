import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { defineStorage, type ListOptions, type StorageAdapter, type StorageDefinition } from '../src/index.ts'
import { collect } from './collect.ts'

/** A store whose listing yields just what it is given, whatever is asked. */
function listing(list: StorageDefinition['list'], timeoutMs?: number): StorageAdapter {
  const absent: StorageDefinition = {
    capabilities: { createOnly: false },
    get: async () => undefined,
    put: async () => 'etag',
    list,
    delete: async () => {},
  }
  return defineStorage(absent, { timeoutMs })
}

async function* yieldAll(all: readonly string[]): AsyncGenerator<string> {
  yield* all
}

async function keys(all: readonly string[], prefix = '', options: ListOptions = {}): Promise<string[]> {
  return collect(listing(() => yieldAll(all)).list(prefix, options))
}

describe('list', () => {
  it('stops at the limit and skips up to `after` when the definition does neither', async () => {
    expect(await keys(['a', 'b', 'c', 'd'], '', { after: 'a', limit: 2 })).toEqual(['b', 'c'])
    expect(await keys(['a', 'c'], '', { after: 'b' })).toEqual(['c'])
  })

  it('leaves out keys that the contract does not allow, such as the folder markers of some consoles', async () => {
    expect(await keys(['a/', 'a/b', 'a\\'])).toEqual(['a/b'])
  })

  it.each([
    ['out of order', ['b', 'a'], ''],
    ['in UTF-16 order', ['😀', '～'], ''],
    ['repeated', ['a', 'a'], ''],
    ['outside of the prefix', ['a/1', 'b/1'], 'a/'],
  ])('rejects as invalid-response when keys are %s', async (_what, all, prefix) => {
    await expect(keys(all, prefix)).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
  })

  it('rejects as invalid-response when a key is no string', async () => {
    // @ts-expect-error adapters may be plain JavaScript
    const adapter = listing(() => yieldAll([1]))
    await expect(collect(adapter.list(''))).rejects.toMatchObject({ code: 'invalid-response' })
  })

  it('checks the order also where it skips or stops', async () => {
    await expect(keys(['b', 'a', 'c'], '', { after: 'b' })).rejects.toMatchObject({ code: 'invalid-response' })
  })

  it('does not open a listing for limit 0, and refuses limits that are none', async () => {
    let opened = 0
    const adapter = listing(() => {
      opened += 1
      return yieldAll([])
    })
    expect(await collect(adapter.list('', { limit: 0 }))).toEqual([])
    for (const limit of [-1, 0.5, Number.NaN]) {
      await expect(collect(adapter.list('', { limit }))).rejects.toBeInstanceOf(TypeError)
    }
    expect(opened).toBe(0)
  })

  it('applies the deadline to each page, not to the time that the caller takes', async () => {
    const adapter = listing(() => yieldAll(['a', 'b']), 20)
    const seen: string[] = []
    for await (const key of adapter.list('')) {
      seen.push(key)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(seen).toEqual(['a', 'b'])
  })

  it('ends at the deadline when a later page hangs, also if closing it would hang too', async () => {
    const adapter = listing(async function* hangAfterOne() {
      yield 'a'
      await new Promise(() => {})
    }, 5)
    const seen: string[] = []
    const walk = async (): Promise<void> => {
      for await (const key of adapter.list('')) seen.push(key)
    }
    await expect(walk()).rejects.toMatchObject({ code: 'timeout', operation: 'list' })
    expect(seen).toEqual(['a'])
  })

  it('gives every page the whole deadline', async () => {
    const adapter = listing(async function* slow() {
      for (const key of ['a', 'b', 'c']) {
        await new Promise((resolve) => setTimeout(resolve, 120))
        yield key
      }
    }, 300)
    expect(await collect(adapter.list(''))).toEqual(['a', 'b', 'c'])
  })

  it('keeps no process alive while the caller holds it, and no listener once it has ended', async () => {
    const { signal } = new AbortController()
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const keysOfOne = listing(() => yieldAll(['a'])).list('', { signal })
    const walk = keysOfOne[Symbol.asyncIterator]()
    expect(await walk.next()).toMatchObject({ value: 'a' })
    expect(timers()).toBe(before)
    expect(await walk.next()).toMatchObject({ done: true })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('tells the definition when the caller stops early', async () => {
    let stopped: AbortSignal | undefined
    let closed = false
    const adapter = listing(async function* watch(_prefix, { signal }) {
      stopped = signal
      try {
        yield* ['a', 'b']
      } finally {
        closed = true
      }
    })
    for await (const key of adapter.list('')) if (key === 'a') break
    expect(stopped?.aborted).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(true)
  })

  it('ends between two keys when the signal fires', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const seen: string[] = []
    const walk = async (): Promise<void> => {
      for await (const key of listing(() => yieldAll(['a', 'b'])).list('', { signal: controller.signal })) {
        seen.push(key)
        controller.abort(reason)
      }
    }
    await expect(walk()).rejects.toBe(reason)
    expect(seen).toEqual(['a'])
  })
})
