import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { expectOneWinner } from '../expect-one-winner.ts'
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

    check('creates again after a delete, once', async (adapter) => {
      await adapter.put('folder/key', text('a'), { ifAbsent: true })
      await adapter.delete('folder/key')
      await adapter.put('folder/key', text('b'), { ifAbsent: true })
      await expectCode(adapter.put('folder/key', text('c'), { ifAbsent: true }), 'already-exists')
      expectObject(await adapter.get('folder/key'), text('b'))
    })

    check('creates an object without bytes, once', async (adapter) => {
      await adapter.put('key', new Uint8Array(), { ifAbsent: true })
      await expectCode(adapter.put('key', new Uint8Array(), { ifAbsent: true }), 'already-exists')
      expectObject(await adapter.get('key'), new Uint8Array())
    })

    check('creates different keys at the same time, also in one new folder', async (adapter) => {
      const keys = Array.from({ length: creators }, (_value, index) => `folder/key-${index}`)
      await Promise.all(keys.map((key) => adapter.put(key, text(key), { ifAbsent: true })))
      for (const key of keys) expectObject(await adapter.get(key), text(key))
    })

    check('without it, a put overwrites', async (adapter) => {
      await adapter.put('key', text('a'), { ifAbsent: true })
      await adapter.put('key', text('b'), { ifAbsent: false })
      expectObject(await adapter.get('key'), text('b'))
    })

    check(`has one winner among ${creators} at the same time, whose bytes stay`, async (adapter) => {
      await expectOneWinner(
        'folder/key',
        Array.from({ length: creators }, () => adapter),
      )
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
      await adapter.put('key', text('a'), { ifAbsent: false })
      const error = await expectCode(adapter.put('key', text('b'), { ifAbsent: true }), 'unsupported')
      assert.equal(error.retryable, false, 'unsupported must not be retryable')
      expectObject(await adapter.get('key'), text('a'))
    })
  },
}
