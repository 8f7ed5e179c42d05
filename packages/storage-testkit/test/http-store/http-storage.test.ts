import { defineStorage, withPrefix } from '@outlast/storage'
import { randomUUID } from 'node:crypto'
import { afterAll, describe, it } from 'vitest'

import { storageConformance } from '../../src/index.ts'
import { httpDefinition } from './http-definition.ts'
import { startHttpStore } from './start-http-store.ts'

const store = await startHttpStore()
afterAll(() => store.stop())

for (const protocol of ['http', 'tcp'] as const) {
  storageConformance({
    // Each check has a store or a server of its own, so they need not wait for each other.
    runner: { describe, it: it.concurrent },
    name: `an adapter on plain fetch, with ${protocol} faults`,
    create: () => withPrefix(defineStorage(httpDefinition(store)), randomUUID()),
    pair() {
      const prefix = randomUUID()
      const open = () => withPrefix(defineStorage(httpDefinition(store)), prefix)
      return { first: open(), second: open() }
    },
    faults: {
      open: ({ timeoutMs, ...address }) => defineStorage(httpDefinition(address), { timeoutMs }),
      protocol,
      upstream: store,
      objectHeaders: { etag: '"1"', server: 'box' },
      expiredCredentials: { status: 401, body: 'expired' },
    },
  })
}
