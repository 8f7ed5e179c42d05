import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { expectObject } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

export const conditionalGet: CheckGroup = {
  name: 'get with ifNoneMatch',
  declare(check) {
    check('answers not-modified while the object has this etag', async (adapter) => {
      const etag = await adapter.put('key', text('a'))
      assert.equal(await adapter.get('key', { ifNoneMatch: etag }), 'not-modified')
      assert.equal(await adapter.get('key', { ifNoneMatch: etag }), 'not-modified')
    })

    check('gives the new object once it changed', async (adapter) => {
      const etag = await adapter.put('key', text('a'))
      const changed = await adapter.put('key', text('b'))
      const object = await adapter.get('key', { ifNoneMatch: etag })
      expectObject(object, text('b'))
      assert.equal(await adapter.get('key', { ifNoneMatch: changed }), 'not-modified')
    })

    check("takes another store's etag for one that is not equal", async (adapter) => {
      await adapter.put('key', text('a'))
      for (const ifNoneMatch of ['"0123456789abcdef0123456789abcdef"', '"0x8DB0123456789AB"', '"1700000000000000"']) {
        expectObject(await adapter.get('key', { ifNoneMatch }), text('a'))
      }
    })

    check('is not taken in by a key that was deleted and written anew', async (adapter) => {
      const etag = await adapter.put('key', text('a'))
      await adapter.delete('key')
      await adapter.put('key', text('b'))
      expectObject(await adapter.get('key', { ifNoneMatch: etag }), text('b'))
    })

    check('answers undefined, not not-modified, when the object is gone', async (adapter) => {
      const etag = await adapter.put('key', text('a'))
      await adapter.delete('key')
      assert.equal(await adapter.get('key', { ifNoneMatch: etag }), undefined)
      assert.equal(await adapter.get('never', { ifNoneMatch: etag }), undefined)
    })
  },
}
