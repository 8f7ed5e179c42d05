import { memoryStorage } from '@outlast/storage'
import { expect, it } from 'vitest'

import { everyCall, faultyStorage } from '../src/index.ts'

it('everyCall makes each kind of call, and tells what it rejected with', async () => {
  const refused = new Error('refused')
  const calls: string[] = []
  const store = faultyStorage(memoryStorage(), {
    onCall({ operation }) {
      calls.push(operation)
      return operation === 'list' ? { error: refused } : undefined
    },
  })
  const [got, put, created, listed, deleted] = await everyCall(store)
  expect(calls.sort()).toEqual(['delete', 'get', 'list', 'put', 'put'])
  expect([got, put, deleted]).toEqual([undefined, undefined, undefined])
  expect(created).toMatchObject({ code: 'already-exists' })
  expect(listed).toMatchObject({ cause: refused })
})
