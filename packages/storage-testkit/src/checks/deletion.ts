import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { expectObject } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

export const deletion: CheckGroup = {
  name: 'delete',
  declare(check) {
    check('removes the object from get and list', async (adapter) => {
      await adapter.put('folder/key', text('a'))
      await adapter.delete('folder/key')
      assert.equal(await adapter.get('folder/key'), undefined)
      assert.deepEqual(await collect(adapter.list('')), [])
    })

    check('succeeds when the key is absent, and when it is deleted twice', async (adapter) => {
      await adapter.delete('never/written')
      await adapter.put('key', text('a'))
      await adapter.delete('key')
      await adapter.delete('key')
    })

    check('is done once it resolves, and so is a put after it', async (adapter) => {
      for (const content of ['a', 'b', 'c']) {
        await adapter.put('key', text(content))
        expectObject(await adapter.get('key'), text(content))
        assert.deepEqual(await collect(adapter.list('')), ['key'])
        await adapter.delete('key')
        assert.equal(await adapter.get('key'), undefined)
        assert.deepEqual(await collect(adapter.list('')), [])
      }
    })

    check('succeeds for each of many at the same time', async (adapter) => {
      await adapter.put('folder/key', text('a'))
      await Promise.all(Array.from({ length: 10 }, () => adapter.delete('folder/key')))
      assert.equal(await adapter.get('folder/key'), undefined)
    })

    check('leaves keys alone that only begin alike, lie below or beside', async (adapter) => {
      const others = ['a/b/c', 'a/bc', 'ab', 'b']
      for (const key of others) await adapter.put(key, text(key))
      await adapter.delete('a')
      await adapter.delete('a/b')
      for (const key of others) expectObject(await adapter.get(key), text(key))
    })

    check('does not hinder a put of a neighbour at the same time', async (adapter) => {
      for (let round = 0; round < 10; round++) {
        await adapter.put('folder/old', text('old'))
        await Promise.all([adapter.delete('folder/old'), adapter.put('folder/new', text(`${round}`))])
        expectObject(await adapter.get('folder/new'), text(`${round}`))
        await adapter.delete('folder/new')
      }
    })
  },
}
