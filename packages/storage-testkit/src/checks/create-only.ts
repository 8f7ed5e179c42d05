import assert from 'node:assert/strict'

import { StorageError } from '@outlast/storage'

import type { CheckGroup } from '../check-group.ts'
import { expectCode, expectObject } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

const creators = 20

export const createOnly: CheckGroup = {
  name: 'put with ifAbsent',
  declare(check) {
    check('is declared', async (adapter) => {
      assert.equal(adapter.capabilities.createOnly, true)
    })

    check('creates an absent key, and returns its etag', async (adapter) => {
      const etag = await adapter.put('folder/key', text('a'), { ifAbsent: true })
      assert.equal(await adapter.get('folder/key', { ifNoneMatch: etag }), 'not-modified')
      expectObject(await adapter.get('folder/key'), text('a'))
    })

    check('fails with already-exists, not retryable, and changes nothing when the key is taken', async (adapter) => {
      const etag = await adapter.put('key', text('first'))
      const error = await expectCode(adapter.put('key', text('second'), { ifAbsent: true }), 'already-exists')
      assert.equal(error.retryable, false, 'already-exists must not be retryable')
      const object = await adapter.get('key')
      expectObject(object, text('first'))
      assert.equal(object.etag, etag)
    })

    check('fails with already-exists also when the bytes are equal', async (adapter) => {
      await adapter.put('key', text('same'), { ifAbsent: true })
      await expectCode(adapter.put('key', text('same'), { ifAbsent: true }), 'already-exists')
    })

    check('fails with already-exists also when the object is empty', async (adapter) => {
      await adapter.put('key', new Uint8Array())
      await expectCode(adapter.put('key', text('a'), { ifAbsent: true }), 'already-exists')
    })

    check('creates again after a delete', async (adapter) => {
      await adapter.put('folder/key', text('a'), { ifAbsent: true })
      await adapter.delete('folder/key')
      await adapter.put('folder/key', text('b'), { ifAbsent: true })
      expectObject(await adapter.get('folder/key'), text('b'))
    })

    check('without it, a put overwrites', async (adapter) => {
      await adapter.put('key', text('a'), { ifAbsent: true })
      await adapter.put('key', text('b'), { ifAbsent: false })
      expectObject(await adapter.get('key'), text('b'))
    })

    check(`has one winner among ${creators} at the same time, whose bytes stay`, async (adapter) => {
      const contents = Array.from({ length: creators }, (_value, index) => text(`creator ${index}`))
      const results = await Promise.allSettled(
        contents.map((content) => adapter.put('folder/key', content, { ifAbsent: true })),
      )
      const winners = contents.filter((_content, index) => results[index]?.status === 'fulfilled')
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        const error: unknown = result.reason
        // Some stores answer a losing racer with "conflict": outcome unknown, read again.
        const fair = StorageError.isInstance(error) && (error.code === 'already-exists' || error.code === 'conflict')
        assert.ok(fair, `a loser got ${String(error)} instead of already-exists or conflict`)
      }
      assert.ok(winners.length <= 1, `${winners.length} creators were told that they had won`)
      const [winner] = winners
      assert.ok(winner !== undefined, 'no creator was told that it had won')
      expectObject(await adapter.get('folder/key'), winner)
    })
  },
}

export const undeclaredCreateOnly: CheckGroup = {
  name: 'put with ifAbsent, not supported',
  declare(check) {
    check('is not declared', async (adapter) => {
      assert.equal(adapter.capabilities.createOnly, false)
    })

    check('is refused with unsupported, and writes nothing', async (adapter) => {
      await expectCode(adapter.put('key', text('a'), { ifAbsent: true }), 'unsupported')
      assert.equal(await adapter.get('key'), undefined)
    })
  },
}
