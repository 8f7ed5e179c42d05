import assert from 'node:assert/strict'

import { compareKeys } from '@outlast/storage'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { expectCode, expectObject } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

const odd = [
  'with space',
  ' leading and trailing ',
  'plus+plus',
  'percent%2Fslash',
  'percent%20space',
  'percent%',
  'query?a=b&c=d',
  'hash#hash',
  'colon:semi;comma,at@',
  `quotes'"<>`,
  'star*[brackets]{braces}|pipe~tilde',
  'żółć/日本/😀',
  'e\u0301 and \u00e9',
  '.hidden',
  '...dots..',
  '__proto__',
  'constructor',
  'Case/CASE/case',
  'CASE/case/Case',
]

const forbidden = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/./b',
  'a\\b',
  'a\0b',
  'a\nb',
  '\uD800',
  'é'.repeat(451),
]

export const keys: CheckGroup = {
  name: 'keys',
  declare(check) {
    check('with odd characters are told apart, and listed as they were written', async (adapter) => {
      for (const key of odd) await adapter.put(key, text(key))
      for (const key of odd) expectObject(await adapter.get(key), text(key))
      assert.deepEqual(await collect(adapter.list('')), odd.toSorted(compareKeys))
      for (const key of odd) await adapter.delete(key)
      assert.deepEqual(await collect(adapter.list('')), [])
    })

    check('that only look alike when decoded do not answer for each other', async (adapter) => {
      await adapter.put('a/b', text('a'))
      await adapter.put('a b', text('a'))
      for (const key of ['a%2Fb', 'a%2fb', 'a+b', 'a%20b', 'A/B']) assert.equal(await adapter.get(key), undefined, key)
      await adapter.put('\u00e9', text('composed'))
      assert.equal(await adapter.get('e\u0301'), undefined)
    })

    check('that every JavaScript object has are absent at first', async (adapter) => {
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']) {
        assert.equal(await adapter.get(key), undefined, key)
      }
    })

    check('of 11 levels and 824 bytes work', async (adapter) => {
      const key = Array.from({ length: 11 }, (_value, index) => `${index % 10}`.repeat(74)).join('/')
      await adapter.put(key, text('deep'))
      expectObject(await adapter.get(key), text('deep'))
      assert.deepEqual(await collect(adapter.list('')), [key])
    })

    check('that break the rules are refused with invalid-key', async (adapter) => {
      for (const key of forbidden) {
        await expectCode(adapter.get(key), 'invalid-key')
        await expectCode(adapter.put(key, text('a')), 'invalid-key')
        await expectCode(adapter.delete(key), 'invalid-key')
      }
      await expectCode(collect(adapter.list('../')), 'invalid-key')
      assert.deepEqual(await collect(adapter.list('')), [])
    })

    check('below another key either work or are refused, and leave it whole', async (adapter) => {
      await adapter.put('a', text('above'))
      try {
        await adapter.put('a/b', text('below'))
      } catch {
        await expectCode(adapter.put('a/b', text('below')), 'invalid-key')
      }
      expectObject(await adapter.get('a'), text('above'))
    })
  },
}
