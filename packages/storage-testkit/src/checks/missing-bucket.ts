import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { expectCode } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

export const missingBucket: CheckGroup = {
  name: 'a bucket that does not exist',
  declare(check) {
    check('is bucket-not-found to every operation: never "absent", never an empty listing', async (adapter) => {
      for (const call of [
        () => adapter.get('key'),
        () => adapter.put('key', text('a')),
        () => collect(adapter.list('')),
        () => adapter.delete('key'),
      ]) {
        const error = await expectCode(call(), 'bucket-not-found')
        assert.equal(error.retryable, false, 'bucket-not-found must not be retryable')
      }
    })
  },
}
