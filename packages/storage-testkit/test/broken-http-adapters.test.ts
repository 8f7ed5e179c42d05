import { memoryStorage } from '@outlast/storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { brokenHttpAdapters } from './http-store/broken-http-adapters.ts'
import { startHttpStore, type HttpStore } from './http-store/start-http-store.ts'
import { runSuite } from './run-suite.ts'

let store: HttpStore
beforeAll(async () => {
  store = await startHttpStore()
})
afterAll(async () => {
  await store?.stop()
})

// That the same adapter without a defect passes is shown by http-storage.test.ts.
describe.concurrent('the suite, with faults', () => {
  it.each(Object.entries(brokenHttpAdapters))('catches an adapter that %s', async (_defect, broken) => {
    const begins = broken.caughtBy.map((name) => `it keeps the storage contract > as it is > ${name}`)
    const { failed } = await runSuite(
      {
        name: 'it',
        create: () => memoryStorage(),
        faults: {
          open: (address) => broken.open(address),
          upstream: store,
          objectHeaders: { etag: '"1"', server: 'box' },
          expiredCredentials: { status: 401, body: 'expired' },
        },
      },
      begins,
    )
    for (const begin of begins) expect(failed.filter((name) => name.startsWith(begin))).not.toEqual([])
  })
})
