import { join } from 'node:path'

import { storageConformance } from '@outlast/storage-testkit'
import { describe, it } from 'vitest'

import { fsStorage } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

storageConformance({
  runner: { describe, it },
  name: 'fsStorage',
  async create() {
    const folder = await temporaryFolder()
    // The folder itself is not there yet: the first write makes it.
    const adapter = fsStorage({ path: join(folder.path, 'store') })
    return { adapter, dispose: () => folder[Symbol.asyncDispose]() }
  },
  async pair() {
    const folder = await temporaryFolder()
    const open = () => fsStorage({ path: join(folder.path, 'store') })
    return { first: open(), second: open(), dispose: () => folder[Symbol.asyncDispose]() }
  },
  missingBucket: () => fsStorage({ path: join(import.meta.dirname, 'there is no such folder'), mustExist: true }),
})
