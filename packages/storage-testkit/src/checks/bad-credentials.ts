import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { expectCode } from '../expectations.ts'
import { text } from '../sample-bytes.ts'

export const badCredentials: CheckGroup = {
  name: 'credentials that the store refuses',
  declare(check) {
    check('is denied to every operation: never "absent", never an empty listing', async (adapter) => {
      for (const call of [
        () => adapter.get('key'),
        () => adapter.put('key', text('a')),
        () => collect(adapter.list('')),
        () => adapter.delete('key'),
      ]) {
        const error = await expectCode(call(), 'denied')
        assert.equal(error.retryable, false, 'denied must not be retryable')
      }
    })
  },
}
