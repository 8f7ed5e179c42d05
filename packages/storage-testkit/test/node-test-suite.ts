import { describe, it } from 'node:test'

import { defineStorage, memoryStorage } from '@outlast/storage'

import { storageConformance } from '../src/index.ts'
import { httpDefinition } from './http-store/http-definition.ts'

// Run by runners.test.ts in a process of its own.
storageConformance({
  runner: { describe, it },
  create() {
    const good = memoryStorage()
    if (process.env['OUTLAST_TEST_ADAPTER'] === 'good') return good
    return { ...good, put: (key, bytes, options) => good.put(key, bytes, { ...options, ifAbsent: false }) }
  },
  faults: {
    open: ({ timeoutMs, ...address }) => defineStorage(httpDefinition(address), { timeoutMs }),
    protocol: 'tcp',
  },
})
