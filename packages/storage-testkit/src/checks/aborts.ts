import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

import type { StorageAdapter } from '@outlast/storage'

import type { CheckGroup } from '../check-group.ts'
import { collect } from '../collect.ts'
import { expectCode, expectObject, expectReason } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'

const operations: ReadonlyArray<readonly [string, (adapter: StorageAdapter, signal: AbortSignal) => Promise<unknown>]> =
  [
    ['get', (adapter, signal) => adapter.get('key', { signal })],
    ['put', (adapter, signal) => adapter.put('key', text('new'), { signal })],
    ['list', (adapter, signal) => collect(adapter.list('', { signal }))],
    ['delete', (adapter, signal) => adapter.delete('key', { signal })],
  ]

export const aborts: CheckGroup = {
  name: 'signals',
  declare(check) {
    for (const [operation, call] of operations) {
      check(`${operation} with an aborted signal rejects with its reason, and does nothing`, async (adapter) => {
        await adapter.put('key', text('old'))
        const reason = new Error('aborted before')
        await expectReason(call(adapter, AbortSignal.abort(reason)), reason)
        expectObject(await adapter.get('key'), text('old'))
      })

      check(`${operation} rejects with the reason when the signal fires during the call`, async (adapter) => {
        await adapter.put('key', text('old'))
        const controller = new AbortController()
        const reason = new Error('aborted during')
        const result = expectReason(call(adapter, controller.signal), reason)
        controller.abort(reason)
        await result
      })
    }

    check('list rejects with the reason when the signal fires between two keys', async (adapter) => {
      for (const key of ['a', 'b', 'c']) await adapter.put(key, text(key))
      const controller = new AbortController()
      const reason = new Error('aborted between')
      const seen: string[] = []
      const walk = async (): Promise<void> => {
        for await (const key of adapter.list('', { signal: controller.signal })) {
          seen.push(key)
          controller.abort(reason)
        }
      }
      await expectReason(walk(), reason)
      assert.deepEqual(seen, ['a'])
    })

    check('an aborted put leaves the old object or the new one, never a part', async (adapter) => {
      const size = 2 ** 20
      for (const afterMs of [0, 1, 2, 4]) {
        await adapter.put('key', text('old'))
        const controller = new AbortController()
        const written = adapter.put('key', sampleBytes(size), { signal: controller.signal }).catch(() => {})
        await wait(afterMs)
        controller.abort()
        await written
        const object = await adapter.get('key')
        expectObject(object, object?.bytes.length === size ? sampleBytes(size) : text('old'))
      }
    })

    check('no listener stays on a signal once a call has ended', async (adapter) => {
      const { signal } = new AbortController()
      await adapter.put('key', text('a'), { signal })
      await adapter.get('key', { signal })
      await adapter.get('absent', { signal })
      await collect(adapter.list('', { signal }))
      for await (const key of adapter.list('', { signal })) if (key === 'key') break
      await adapter.delete('key', { signal })
      await expectCode(adapter.get('../key', { signal }), 'invalid-key')
      assert.deepEqual(getEventListeners(signal, 'abort'), [])
    })

    check('a signal that never fires changes nothing', async (adapter) => {
      const { signal } = new AbortController()
      await adapter.put('key', text('a'), { signal })
      expectObject(await adapter.get('key', { signal }), text('a'))
      assert.deepEqual(await collect(adapter.list('', { signal })), ['key'])
      await adapter.delete('key', { signal })
    })
  },
}
