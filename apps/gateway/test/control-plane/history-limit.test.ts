import { silentLogger } from '@outlast/snapshot'
import { expect, it } from 'vitest'

import { historyLimit } from '../../src/control-plane/store/etcd/history-limit.ts'

it('compacts now and then, and in a store that took the place of another from its beginning', async () => {
  const compacted: number[] = []
  const limit = historyLimit({
    keepRevisions: 100,
    compact: async (revision) => {
      compacted.push(revision)
    },
    logger: silentLogger,
  })
  for (let revision = 1; revision <= 1_000; revision += 1) await limit(revision)
  expect(compacted).toEqual(Array.from({ length: 90 }, (_, index) => (index + 1) * 10))
  compacted.length = 0
  for (let revision = 1; revision <= 125; revision += 1) await limit(revision)
  expect(compacted).toEqual([10, 20])
})
