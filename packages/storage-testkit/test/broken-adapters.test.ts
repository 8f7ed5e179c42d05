import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { describe, expect, it } from 'vitest'

import type { BrokenAdapter } from './broken-adapters/broken-adapter.ts'
import { brokenBytes } from './broken-adapters/broken-bytes.ts'
import { brokenCreating } from './broken-adapters/broken-creating.ts'
import { brokenDeleting } from './broken-adapters/broken-deleting.ts'
import { brokenKeys } from './broken-adapters/broken-keys.ts'
import { brokenListing } from './broken-adapters/broken-listing.ts'
import { brokenPairs } from './broken-adapters/broken-pairs.ts'
import { brokenReading } from './broken-adapters/broken-reading.ts'
import { brokenSignals } from './broken-adapters/broken-signals.ts'
import { failure, plainStorage, type PlainStorage } from './plain-storage.ts'
import { runSuite } from './run-suite.ts'

/** Adapters with one defect each, of the kind that real stores, mocks, proxies and SDKs have. */
const brokenAdapters = {
  ...brokenCreating,
  ...brokenListing,
  ...brokenBytes,
  ...brokenReading,
  ...brokenDeleting,
  ...brokenKeys,
  ...brokenSignals,
}

describe('the suite', () => {
  it('passes an adapter that was written without defineStorage', async () => {
    const { passed, failed } = await runSuite({ create: () => plainStorage() })
    expect(failed).toEqual([])
    expect(passed.length).toBeGreaterThan(80)
  })

  it.each(Object.entries(brokenAdapters))('catches an adapter that %s', async (_defect, broken: BrokenAdapter) => {
    const { caughtBy, create, onlyAsItIs = false } = broken
    const { failed, passed } = await runSuite({ name: 'it', create, listingSize: 120, largestBodyBytes: 2 ** 21 })
    for (const place of onlyAsItIs ? ['as it is'] : ['as it is', 'under a prefix']) {
      const begin = `it keeps the storage contract > ${place} > ${caughtBy}`
      expect(failed.filter((name) => name.startsWith(begin))).not.toEqual([])
    }
    // One defect, not a suite that fails whatever it is given.
    expect(passed.length).toBeGreaterThan(failed.length)
  })

  it('passes two adapters that share nothing but their store', async () => {
    const objects: PlainStorage['objects'] = new Map()
    const pair = () => ({ first: plainStorage(objects), second: plainStorage(objects), dispose: () => objects.clear() })
    const { failed, passed } = await runSuite({ create: () => plainStorage(), pair }, ['two adapters'])
    expect(failed).toEqual([])
    expect(passed).toHaveLength(3)
    expect(objects.size).toBe(0)
  })

  it.each(Object.entries(brokenPairs))('catches an adapter that %s', async (_defect, { caughtBy, open }) => {
    const pair = () => {
      const objects: PlainStorage['objects'] = new Map()
      return { first: open(objects), second: open(objects) }
    }
    // One of them alone is as good as any.
    const { failed } = await runSuite({ name: 'it', create: () => open(new Map()), pair, largestBodyBytes: 0 })
    expect(failed).not.toEqual([])
    const begin = `it keeps the storage contract > as it is > two adapters on one store`
    expect(failed.filter((name) => !name.startsWith(begin))).toEqual([])
    expect(failed.some((name) => name.startsWith(`it keeps the storage contract > as it is > ${caughtBy}`))).toBe(true)
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
    const { failed } = await runSuite({ createOnly: false, create: () => plainStorage() })
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
      create: () => plainStorage(),
      missingBucket: () => refusing('bucket-not-found'),
      badCredentials: () => refusing('denied'),
    })
    expect(failed).toEqual([])
  })

  it.each(['missingBucket', 'badCredentials'])('catches a store that looks empty in the case of %s', async (hook) => {
    const { failed } = await runSuite({ create: () => plainStorage(), [hook]: () => memoryStorage() })
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
