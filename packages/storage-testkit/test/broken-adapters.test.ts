import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { describe, expect, it } from 'vitest'

import { brokenAdapters } from './broken-adapters.ts'
import { failure, plainStorage } from './plain-storage.ts'
import { runSuite } from './run-suite.ts'

describe('the suite', () => {
  it('passes an adapter that was written without defineStorage', async () => {
    const { passed, failed } = await runSuite({ create: plainStorage })
    expect(failed).toEqual([])
    expect(passed.length).toBeGreaterThan(80)
  })

  it.each(Object.entries(brokenAdapters))('catches an adapter that %s', async (_defect, { caughtBy, create }) => {
    const { failed, passed } = await runSuite({ name: 'it', create, listingSize: 120 })
    for (const place of ['as it is', 'under a prefix']) {
      const begin = `it keeps the storage contract > ${place} > ${caughtBy}`
      expect(failed.filter((name) => name.startsWith(begin))).not.toEqual([])
    }
    // One defect, not a suite that fails whatever it is given.
    expect(passed.length).toBeGreaterThan(failed.length)
  })

  it('catches an adapter that accepts ifAbsent without declaring it', async () => {
    const { failed } = await runSuite({
      createOnly: false,
      create: () => ({ ...plainStorage(), capabilities: { createOnly: false } }),
    })
    expect(failed).toContain(
      'storage keeps the storage contract > as it is > put with ifAbsent, not supported > is refused with unsupported, and writes nothing',
    )
  })

  it('catches an adapter that declares other capabilities than expected', async () => {
    const { failed } = await runSuite({ createOnly: false, create: plainStorage })
    expect(failed.some((name) => name.endsWith('is not declared'))).toBe(true)
  })

  const refusing = (code: 'bucket-not-found' | 'denied'): StorageAdapter => {
    const refuse = async (): Promise<never> => {
      throw failure(code)
    }
    const list = (): AsyncIterable<string> => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) })
    return { ...memoryStorage(), get: refuse, put: refuse, list, delete: refuse }
  }

  it('passes a missing bucket and bad credentials that are told as what they are', async () => {
    const { failed } = await runSuite({
      create: plainStorage,
      missingBucket: () => refusing('bucket-not-found'),
      badCredentials: () => refusing('denied'),
    })
    expect(failed).toEqual([])
  })

  it.each(['missingBucket', 'badCredentials'])('catches a store that looks empty in the case of %s', async (hook) => {
    const { failed } = await runSuite({ create: plainStorage, [hook]: () => memoryStorage() })
    expect(failed).toHaveLength(1)
  })

  it('disposes of every store that it opened, whether its check passed or not', async () => {
    let open = 0
    const create = (adapter: StorageAdapter) => () => {
      open += 1
      return { adapter, dispose: () => void (open -= 1) }
    }
    await runSuite({ create: create(memoryStorage()) })
    await runSuite({ create: create(refusing('denied')) })
    expect(open).toBe(0)
  })
})
