import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { expectObject } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'

export const buffers: CheckGroup = {
  name: 'buffers',
  declare(check) {
    check('given to put may be changed once it has ended', async (adapter) => {
      const mine = sampleBytes(1_000)
      await adapter.put('key', mine)
      mine.fill(0)
      expectObject(await adapter.get('key'), sampleBytes(1_000))
    })

    check('given to put stay as they are', async (adapter) => {
      const mine = sampleBytes(1_000)
      await adapter.put('key', mine)
      await adapter.put('view', mine.subarray(10, 20))
      assert.equal(mine.byteLength, 1_000, 'the bytes were moved away')
      assert.equal(Buffer.compare(mine, sampleBytes(1_000)), 0, 'the bytes were changed')
    })

    check('given out by get may be changed', async (adapter) => {
      await adapter.put('key', text('original'))
      const object = await adapter.get('key')
      expectObject(object, text('original'))
      object.bytes.fill(0)
      expectObject(await adapter.get('key'), text('original'))
    })

    check('that are views are stored as what they show', async (adapter) => {
      const whole = sampleBytes(100)
      await adapter.put('view', whole.subarray(10, 20))
      expectObject(await adapter.get('view'), whole.slice(10, 20))
      // Small Buffers are views of a pool that holds other people's bytes.
      await adapter.put('buffer', Buffer.from('pooled'))
      expectObject(await adapter.get('buffer'), text('pooled'))
    })
  },
}
