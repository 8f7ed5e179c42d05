import { defineStorage, memoryStorage, withRetry } from '@outlast/storage'
import { describe, it } from 'vitest'

import { faultyStorage, storageConformance } from '../src/index.ts'

const runner = { describe, it }

storageConformance({ runner, name: 'memoryStorage', create: () => memoryStorage() })

storageConformance({ runner, name: 'memoryStorage behind withRetry', create: () => withRetry(memoryStorage()) })

storageConformance({
  runner,
  name: 'memoryStorage behind faultyStorage without a fault',
  create: () => faultyStorage(memoryStorage(), { onCall: () => undefined }),
})

storageConformance({
  runner,
  name: 'an adapter that declares nothing',
  createOnly: false,
  create() {
    const inner = memoryStorage()
    return defineStorage({
      capabilities: { createOnly: false },
      get: (key, options) => inner.get(key, options),
      list: (prefix, options) => inner.list(prefix, options),
      put: (key, bytes, { signal }) => inner.put(key, bytes, { signal }),
      delete: (key, options) => inner.delete(key, options),
    })
  },
})
