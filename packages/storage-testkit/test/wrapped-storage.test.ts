import { tracingChannel } from 'node:diagnostics_channel'

import {
  defineStorage,
  instrumented,
  memoryStorage,
  withCreateOnlyProbe,
  withPrefix,
  type StorageAdapter,
} from '@outlast/storage'
import { afterAll, beforeAll, describe, it } from 'vitest'

import { storageConformance } from '../src/index.ts'

const runner = { describe, it }

storageConformance({
  runner,
  name: 'memoryStorage, instrumented',
  create: () => instrumented(memoryStorage(), () => {}),
})

/** The probe object stays out of the way of the checks, which count what is there. */
function probed(adapter: StorageAdapter, singleWriter: boolean): StorageAdapter {
  return withPrefix(withCreateOnlyProbe(adapter, { key: 'probe', singleWriter }), 'store')
}

storageConformance({ runner, name: 'memoryStorage behind a probe', create: () => probed(memoryStorage(), false) })

storageConformance({
  runner,
  name: 'an adapter that cannot create only, for a single writer',
  create() {
    const inner = memoryStorage()
    const adapter = defineStorage({
      capabilities: { createOnly: false },
      get: (key, options) => inner.get(key, options),
      list: (prefix, options) => inner.list(prefix, options),
      put: (key, bytes, { signal }) => inner.put(key, bytes, { signal }),
      delete: (key, options) => inner.delete(key, options),
    })
    return probed(adapter, true)
  },
})

describe('while somebody traces', () => {
  const channel = tracingChannel<unknown, object>('outlast.storage')
  const ignored = (): void => {}
  const subscriber = { start: ignored, end: ignored, asyncStart: ignored, asyncEnd: ignored, error: ignored }
  beforeAll(() => channel.subscribe(subscriber))
  afterAll(() => {
    channel.unsubscribe(subscriber)
  })

  storageConformance({ runner, name: 'memoryStorage', create: () => memoryStorage() })
})
