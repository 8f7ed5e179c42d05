import assert from 'node:assert/strict'

import { collect } from '../collect.ts'
import { expectOneWinner } from '../expect-one-winner.ts'
import { expectCode, expectObject } from '../expectations.ts'
import type { StandaloneGroup } from '../standalone-group.ts'
import type { AdapterPair, OpenPair } from '../open-storage.ts'
import { text } from '../sample-bytes.ts'

export interface TwoAdaptersOptions {
  readonly open: OpenPair
  /** Whether the adapter declares create-only writes. */
  readonly createOnly: boolean
}

/** What holds in one process may be the work of a lock or a memory there, and not of the store. */
export function twoAdapters({ open, createOnly }: TwoAdaptersOptions): StandaloneGroup {
  const using = (body: (pair: AdapterPair) => Promise<void>) => async (): Promise<void> => {
    const pair = await open()
    try {
      await body(pair)
    } finally {
      await pair.dispose?.()
    }
  }

  return {
    name: 'two adapters on one store',
    declare(check) {
      check(
        'see at once what the other has written and deleted',
        using(async ({ first, second }) => {
          // Both read before each change, or a memory of what was read would have nothing to be wrong about.
          const both = [first, second]
          for (const content of ['a', 'b', 'c']) {
            const ifNoneMatch = await first.put('key', text(content))
            for (const each of both) {
              expectObject(await each.get('key'), text(content))
              assert.equal(await each.get('key', { ifNoneMatch }), 'not-modified')
              assert.deepEqual(await collect(each.list('')), ['key'])
            }
            await second.put('key', text(`${content}, changed`))
            for (const each of both) expectObject(await each.get('key', { ifNoneMatch }), text(`${content}, changed`))
            await first.delete('key')
            for (const each of both) {
              assert.equal(await each.get('key'), undefined)
              assert.deepEqual(await collect(each.list('')), [])
            }
          }
        }),
      )

      if (!createOnly) return
      check(
        'do not create what the other has created',
        using(async ({ first, second }) => {
          await first.put('key', text('first'), { ifAbsent: true })
          await expectCode(second.put('key', text('second'), { ifAbsent: true }), 'already-exists')
          expectObject(await second.get('key'), text('first'))
        }),
      )
      check(
        'have one winner among 20 creators at the same time',
        using(async ({ first, second }) => {
          for (const key of ['a', 'b', 'c']) {
            await expectOneWinner(
              `folder/${key}`,
              Array.from({ length: 20 }, (_value, index) => (index % 2 === 0 ? first : second)),
            )
          }
        }),
      )
    },
  }
}
