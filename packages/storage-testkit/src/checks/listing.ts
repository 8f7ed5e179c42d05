import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { compareKeys, type StorageAdapter } from '@outlast/storage'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { text } from '../sample-bytes.ts'

export interface ListingOptions {
  readonly size: number
}

// In UTF-8 byte order. `b-a` and `b.a` come before what is in `b/`, which breaks whoever walks by names.
const tree = ['a', 'a-b', 'a.b', 'b-a', 'b.a', 'b/a', 'b/c/d', 'b/c/e', 'b/d', 'b0', 'bc/f']
// U+FF5E before U+1F600: the other way round in UTF-16, which is JavaScript's own order.
const alphabets = ['Z', 'a', 'z', 'é', 'ж', '日', '～', '😀']

export function listing(options: ListingOptions): CheckGroup {
  return {
    name: 'list',
    declare(check) {
      check('of an empty store gives nothing', async (adapter) => {
        assert.deepEqual(await collect(adapter.list('')), [])
        assert.deepEqual(await collect(adapter.list('absent/')), [])
      })

      check('gives every key in byte order, whatever the order of writing', async (adapter) => {
        for (const key of tree.toReversed()) await adapter.put(key, text(key))
        assert.deepEqual(await collect(adapter.list('')), tree)
      })

      check('orders by UTF-8 bytes beyond ASCII too', async (adapter) => {
        for (const key of alphabets.toReversed()) await adapter.put(`x/${key}`, text(key))
        assert.deepEqual(
          await collect(adapter.list('x/')),
          alphabets.map((key) => `x/${key}`),
        )
      })

      check('gives just the keys that start with the prefix, also in the middle of a name', async (adapter) => {
        for (const key of tree) await adapter.put(key, text(key))
        for (const prefix of ['a', 'a-', 'b', 'b/', 'b/c', 'b/c/', 'b/c/d', 'bc', 'c', 'b/c/d/']) {
          assert.deepEqual(await collect(adapter.list(prefix)), startingWith(prefix), `prefix ${prefix}`)
        }
      })

      check('starts after a key, whether that exists or not', async (adapter) => {
        for (const key of tree) await adapter.put(key, text(key))
        for (const after of ['', 'a', 'a-', 'a/', 'b', 'b.a', 'b/c', 'b/c/d', 'b/c/dd', 'b/c/', 'b0', 'bc/f', 'z']) {
          const expected = tree.filter((key) => compareKeys(key, after) > 0)
          assert.deepEqual(await collect(adapter.list('', { after })), expected, `after ${after}`)
        }
        assert.deepEqual(await collect(adapter.list('b/', { after: 'b/c/d' })), ['b/c/e', 'b/d'])
        assert.deepEqual(await collect(adapter.list('b/', { after: 'a' })), startingWith('b/'))
        assert.deepEqual(await collect(adapter.list('b/', { after: 'c' })), [])
      })

      check('stops at the limit', async (adapter) => {
        for (const key of tree) await adapter.put(key, text(key))
        for (const limit of [0, 1, 3, tree.length, 1_000]) {
          assert.deepEqual(await collect(adapter.list('', { limit })), tree.slice(0, limit), `limit ${limit}`)
        }
        assert.deepEqual(await collect(adapter.list('b', { after: 'b/a', limit: 2 })), ['b/c/d', 'b/c/e'])
      })

      check('can be left early, and asked again', async (adapter) => {
        for (const key of tree) await adapter.put(key, text(key))
        for await (const key of adapter.list('')) if (key === 'a-b') break
        assert.deepEqual(await collect(adapter.list('')), tree)
      })

      check('takes every character of a prefix for itself', async (adapter) => {
        const alike = ['a%c', 'a*c', 'a.c', 'a?c', 'a[b]c', 'a\u0323c', 'a_c', 'abc'].sort(compareKeys)
        await Promise.all(alike.map((key) => adapter.put(key, text(key))))
        for (const key of alike) {
          const prefix = key.slice(0, -1)
          assert.deepEqual(await collect(adapter.list(prefix)), [key], `prefix ${prefix}`)
        }
      })

      check('can run several times at once', async (adapter) => {
        for (const key of tree) await adapter.put(key, text(key))
        const prefixes = ['', 'a', 'b/', 'b', '']
        const listings = await Promise.all(prefixes.map((prefix) => collect(adapter.list(prefix))))
        assert.deepEqual(listings, prefixes.map(startingWith))
      })

      check('has every key that is there all the time, while others come and go', async (adapter) => {
        const staying = Array.from({ length: 40 }, (_value, index) => `${index + 10}/stays`)
        await putAll(adapter, staying)
        const state = { changing: true }
        const change = async (): Promise<void> => {
          for (let round = 0; state.changing; round++) {
            const key = `${(round % 40) + 10}/${round % 2 === 0 ? 'a' : 'z'}`
            await adapter.put(key, text(key))
            await adapter.delete(key)
            await nextTurn() // or a store in memory would never let the listings have their turn
          }
        }
        const list = async (): Promise<void> => {
          try {
            for (let round = 0; round < 5; round++) {
              const keys = await collect(adapter.list(''))
              assert.deepEqual(keys, [...new Set(keys)].sort(compareKeys), 'not in order, or a key twice')
              assert.deepEqual(
                keys.filter((key) => key.endsWith('stays')),
                staying,
              )
            }
          } finally {
            state.changing = false
          }
        }
        await Promise.all([change(), list()])
      })

      check(`gives each of ${options.size} keys once, in order, across pages`, async (adapter) => {
        const expected = manyKeys(options.size)
        await putAll(adapter, expected)
        assert.deepEqual(await collect(adapter.list('many/')), expected)

        const middle = Math.floor(options.size / 2)
        const after = expected[middle - 1]
        assert.deepEqual(await collect(adapter.list('many/', { after })), expected.slice(middle))
        const limit = options.size - 1
        assert.deepEqual(await collect(adapter.list('many/', { limit })), expected.slice(0, limit))

        // Pages that are counted by position instead of continued after a key would leave some out.
        const seen: string[] = []
        for await (const key of adapter.list('many/')) {
          seen.push(key)
          if (seen.length <= 10) await adapter.delete(key)
        }
        assert.deepEqual(seen, expected, 'a key was left out because those before it were deleted')
      })
    },
  }
}

/** In the order of a listing, and beyond ASCII. */
function manyKeys(count: number): string[] {
  const keys = Array.from(
    { length: count },
    (_value, index) => `many/${alphabets[index % alphabets.length]}/${String(index).padStart(8, '0')}.json`,
  )
  return keys.sort(compareKeys)
}

function startingWith(prefix: string): string[] {
  return tree.filter((key) => key.startsWith(prefix))
}

async function putAll(adapter: StorageAdapter, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 16) {
    await Promise.all(keys.slice(start, start + 16).map((key) => adapter.put(key, text(key))))
  }
}
