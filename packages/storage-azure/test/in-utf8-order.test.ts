import { compareKeys } from '@outlast/storage'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { inUtf8Order, undisputedStart } from '../src/in-utf8-order.ts'

async function ordered(keys: readonly string[]): Promise<string[]> {
  const result: string[] = []
  for await (const key of inUtf8Order(asListed(keys))) result.push(key)
  return result
}

async function* asListed(keys: readonly string[]): AsyncGenerator<string> {
  yield* keys
}

// Few characters, so that keys share beginnings: below, at and above the surrogates.
const anyKey = fc
  .array(fc.constantFrom('a', 'b', '\u{d7ff}', '\u{e000}', '\u{ffee}', '\u{10000}', '\u{1f600}'), { maxLength: 4 })
  .map((characters) => characters.join(''))
const anyKeys = fc.uniqueArray(anyKey, { maxLength: 40 })

it('turns any listing in UTF-16 order into UTF-8 byte order', async () => {
  await fc.assert(
    fc.asyncProperty(anyKeys, async (keys) => {
      // The default sort of strings compares UTF-16 code units.
      expect(await ordered([...keys].sort())).toEqual([...keys].sort(compareKeys))
    }),
  )
})

it('leaves a listing in UTF-8 byte order as it is', async () => {
  await fc.assert(
    fc.asyncProperty(anyKeys, async (keys) => {
      const sorted = [...keys].sort(compareKeys)
      expect(await ordered(sorted)).toEqual(sorted)
    }),
  )
})

it('leaves a listing that is in no order to the check that refuses it', async () => {
  expect(await ordered(['b', 'a'])).toEqual(['b', 'a'])
})

it('knows a start of each key before which no later key is, in either order', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (after, key) => {
      fc.pre(compareKeys(key, after) > 0)
      const start = undisputedStart(after)
      expect(compareKeys(key, start)).toBeGreaterThanOrEqual(0)
      expect(key >= start).toBe(true)
    }),
  )
})
