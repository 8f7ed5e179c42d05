import { memoryStorage, StorageError } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { manualClock } from '../manual-clock.ts'
import { publish, published, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
const entries = routes(1000)
let clock: ReturnType<typeof manualClock>
let storage: RecordingStorage
let store: DomainStore

function keyOf({ parts }: Manifest, index: number): string {
  return `${prefix}${parts[index]?.key}`
}

function partsRead(): number {
  return storage.keysOf('get').filter((key) => key.includes('/parts/')).length
}

beforeEach(() => {
  clock = manualClock()
  storage = recordingStorage(memoryStorage())
  store = snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
})

describe('verifying the newest snapshot', () => {
  it('says that nothing is wrong, or that there is nothing', async () => {
    expect(await store.verifyNewest()).toBeUndefined()
    const { parts } = await published(store, entries)
    expect(await store.verifyNewest()).toEqual({
      sequence: 1,
      unusable: 0,
      parts: parts.length,
      missing: 0,
      damaged: 0,
    })
  })

  it('finds what is lost, which the next publication of the same object then uploads, reading no part again', async () => {
    const first = await published(store, entries)
    await publish(store, entries)
    await storage.delete(keyOf(first, 0))
    await storage.put(keyOf(first, 1), Buffer.from('short'))
    expect(await store.verifyNewest()).toMatchObject({ missing: 1, damaged: 1 })
    storage.forget()
    const repairing = await publish(store, entries)
    expect(repairing).toMatchObject({ status: 'published', uploadedParts: 2 })
    // Those that it has uploaded itself.
    expect(partsRead()).toBe(2)
    expect(await store.verifyNewest()).toMatchObject({ sequence: 2, missing: 0, damaged: 0 })
  })

  it('counts the manifests above it that cannot be used', async () => {
    await published(store, routes(10))
    await published(store, routes(11), 2)
    await storage.put(`${prefix}manifests/000000000002.json`, Buffer.from('{'))
    expect(await store.verifyNewest()).toMatchObject({ sequence: 1, unusable: 1 })
    await storage.put(`${prefix}manifests/000000000001.json`, Buffer.from('{'))
    expect(await store.verifyNewest()).toEqual({ unusable: 2, parts: 0, missing: 0, damaged: 0 })
  })

  it('needs no sealing key', async () => {
    const keys = [localSealingKey(generateSealingSecret())]
    const sealing = { keys, domains: ['resources' as const] }
    const sealed = snapshotStore({ group: 'default', resources: storage, instance: storage, sealing, clock }).resources
    const { parts } = await published(sealed, entries)
    expect(await store.verifyNewest()).toMatchObject({ parts: parts.length, missing: 0, damaged: 0 })
  })

  it('rejects when the store does not answer, and forgets nothing of the last look', async () => {
    const first = await published(store, entries)
    await storage.delete(keyOf(first, 0))
    await store.verifyNewest()
    storage.fault = ({ key }) =>
      key.includes('/parts/') ? { error: new StorageError({ code: 'unavailable', message: 'planned' }) } : undefined
    await expect(store.verifyNewest()).rejects.toMatchObject({ code: 'unavailable' })
    storage.fault = () => undefined
    expect(await publish(store, entries)).toMatchObject({ status: 'published', uploadedParts: 1 })
  })

  it('keeps later publications from looking, for as long as they say', async () => {
    await published(store, entries)
    await store.verifyNewest()
    const reads = async (verifiedWithinMs?: number): Promise<number> => {
      storage.forget()
      await store.begin({ verifiedWithinMs })
      return partsRead()
    }
    clock.advance(3_599_000)
    expect(await reads()).toBe(0)
    clock.advance(1_000)
    expect(await reads(Infinity)).toBe(0)
    expect(await reads(7_200_000)).toBe(0)
    expect(await reads()).toBeGreaterThan(0)
  })
})
