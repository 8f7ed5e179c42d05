import assert from 'node:assert/strict'

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

      check(`gives each of ${options.size} keys once, in order, across pages`, async (adapter) => {
        const expected = Array.from(
          { length: options.size },
          (_value, index) => `manifests/${String(index).padStart(8, '0')}.json`,
        )
        await putAll(adapter, expected)
        assert.deepEqual(await collect(adapter.list('manifests/')), expected)
        const middle = Math.floor(options.size / 2)
        assert.deepEqual(
          await collect(adapter.list('manifests/', { after: expected[middle - 1] })),
          expected.slice(middle),
        )
      })
    },
  }
}

function startingWith(prefix: string): string[] {
  return tree.filter((key) => key.startsWith(prefix))
}

async function putAll(adapter: StorageAdapter, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 16) {
    await Promise.all(keys.slice(start, start + 16).map((key) => adapter.put(key, text(key))))
  }
}
