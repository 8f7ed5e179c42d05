import assert from 'node:assert/strict'

import { StorageError } from '@outlast/storage'

import type { CheckGroup } from '../check-group.ts'
import { expectCode, expectObject } from '../expectations.ts'
import { sampleBytes } from '../sample-bytes.ts'

export const maximumBytes: CheckGroup = {
  name: 'get with maximumBytes',
  declare(check) {
    check('gives an object of just that many bytes', async (adapter) => {
      for (const length of [0, 1, 100_000]) {
        await adapter.put('key', sampleBytes(length))
        expectObject(await adapter.get('key', { maximumBytes: length }), sampleBytes(length))
      }
    })

    check('refuses a larger object as too-large, not retryable, however little larger it is', async (adapter) => {
      for (const [length, most] of [
        [1, 0],
        [1_000, 999],
        [100_000, 1],
        [100_000, 99_999],
      ] as const) {
        await adapter.put('key', sampleBytes(length))
        const error = await expectCode(adapter.get('key', { maximumBytes: most }), 'too-large')
        assert.equal(error.retryable, false, 'too-large must not be retryable')
      }
      expectObject(await adapter.get('key'), sampleBytes(100_000))
    })

    check('answers undefined for an absent key all the same', async (adapter) => {
      assert.equal(await adapter.get('absent', { maximumBytes: 0 }), undefined)
    })

    check('answers not-modified all the same, or refuses what it would have to read', async (adapter) => {
      const ifNoneMatch = await adapter.put('key', sampleBytes(1_000))
      assert.equal(await adapter.get('key', { ifNoneMatch, maximumBytes: 1_000 }), 'not-modified')
      const answer: unknown = await adapter
        .get('key', { ifNoneMatch, maximumBytes: 10 })
        .catch((error: unknown) => error)
      const refused = StorageError.isInstance(answer) && answer.code === 'too-large'
      assert.ok(answer === 'not-modified' || refused, `the answer is ${String(answer)}`)
    })

    check('refuses a changed object that is larger', async (adapter) => {
      const ifNoneMatch = await adapter.put('key', sampleBytes(10))
      await adapter.put('key', sampleBytes(1_000))
      await expectCode(adapter.get('key', { ifNoneMatch, maximumBytes: 10 }), 'too-large')
    })
  },
}
