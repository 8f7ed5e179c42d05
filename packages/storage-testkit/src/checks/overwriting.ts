import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { CheckGroup } from '../check-group.ts'
import { expectObject } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

export const overwriting: CheckGroup = {
  name: 'overwriting',
  declare(check) {
    check('replaces the whole object, also by a shorter one', async (adapter) => {
      await adapter.put('key', text('a long first version'))
      await adapter.put('key', text('short'))
      expectObject(await adapter.get('key'), text('short'))
      await adapter.put('key', new Uint8Array())
      expectObject(await adapter.get('key'), new Uint8Array())
    })

    check('changes the etag with the bytes, at once and at equal length', async (adapter) => {
      const etags = new Set<string>()
      for (const content of ['aaaa', 'bbbb', 'cccc', 'dddd']) {
        await adapter.put('key', text(content))
        const object = await adapter.get('key')
        expectObject(object, text(content))
        etags.add(object.etag)
      }
      assert.equal(etags.size, 4, 'an etag was used again for other bytes')
    })

    check('never shows a mixture of two versions', async (adapter) => {
      const size = 256 * 1024
      await adapter.put('key', new Uint8Array(size))
      const state = { writing: true }
      const read = async (): Promise<void> => {
        while (state.writing) {
          await nextTurn() // or a store in memory would never let the writer have its turn
          const object = await adapter.get('key')
          assert.ok(object !== undefined, 'the object was absent while it was replaced')
          assert.equal(object.bytes.length, size, 'a part of the object was visible')
          const mixed = Buffer.compare(object.bytes, new Uint8Array(size).fill(object.bytes[0] ?? 0)) !== 0
          assert.ok(!mixed, 'a mixture of two versions was visible')
        }
      }
      const reading = Promise.all([read(), read()])
      const write = async (): Promise<void> => {
        try {
          for (let version = 1; version <= 10; version++) await adapter.put('key', new Uint8Array(size).fill(version))
        } finally {
          state.writing = false
        }
      }
      await Promise.all([reading, write()])
    })
  },
}
