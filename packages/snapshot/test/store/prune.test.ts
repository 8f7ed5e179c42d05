import { memoryStorage, readOnly, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, published, route, routes } from '../publish.ts'

const prefix = 'groups/default/resources/'
const hourMs = 3_600_000
let clock: ReturnType<typeof manualClock>
let storage: StorageAdapter
let store: DomainStore

function open(): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
}

async function sequences(): Promise<number[]> {
  return (await collect(open().history())).map(({ sequence }) => sequence)
}

async function expectEverythingLoads(): Promise<void> {
  for await (const manifest of open().history()) await open().load(manifest)
}

beforeEach(() => {
  clock = manualClock()
  storage = memoryStorage()
  store = open()
})

describe('prune', () => {
  it('keeps the newest snapshots and deletes the older ones with the parts that nobody names any more', async () => {
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      await published(store, [...routes(1000), route('changing', `/${sequence}`)], sequence)
    }
    clock.advance(2 * hourMs)
    expect(await store.prune({ keep: 2 })).toEqual({ manifests: 3, parts: 3 })
    expect(await sequences()).toEqual([5, 4])
    await expectEverythingLoads()
    expect(await store.prune({ keep: 2 })).toEqual({ manifests: 0, parts: 0 })
  })

  it('only counts in a dry run, also with read access alone', async () => {
    for (let sequence = 1; sequence <= 3; sequence += 1) await published(store, [route(sequence)], sequence)
    clock.advance(2 * hourMs)
    const reader = snapshotStore({ group: 'default', resources: readOnly(storage), instance: storage, clock }).resources
    expect(await reader.prune({ keep: 1, dryRun: true })).toEqual({ manifests: 2, parts: 2 })
    expect(await sequences()).toEqual([3, 2, 1])
    await expect(reader.prune({ keep: 1 })).rejects.toMatchObject({ code: 'read-only' })
    expect(await store.prune({ keep: 1 })).toEqual({ manifests: 2, parts: 2 })
  })

  it('never deletes the newest snapshot, not even without any grace', async () => {
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      await published(store, [route(sequence)], sequence)
      clock.advance(1000)
    }
    await store.prune({ keep: 1, graceMs: 0 })
    expect(await sequences()).toEqual([3])
    await expectEverythingLoads()
    await expect(store.prune({ keep: 0 })).rejects.toThrow(RangeError)
  })

  it('leaves alone what is younger than the grace', async () => {
    await published(store, [route(1)], 1)
    clock.advance(2 * hourMs)
    await published(store, [route(2)], 2)
    await published(store, [route(3)], 3)
    expect(await store.prune({ keep: 1 })).toEqual({ manifests: 1, parts: 1 })
    expect(await sequences()).toEqual([3, 2])
  })

  it('clears what a publisher left behind, but not while it may still commit', async () => {
    await published(store, [route(1)], 1)
    const losing = await open().begin()
    await published(store, [route(2)], 2)
    expect(await losing.publish(draft([route('lost')], 3))).toEqual({ status: 'lost' })
    expect((await store.prune({ keep: 10 })).parts).toBe(0)
    clock.advance(2 * hourMs)
    expect(await store.prune({ keep: 10 })).toEqual({ manifests: 0, parts: 1 })
    await expectEverythingLoads()
  })

  it('deletes no part while a manifest that stays cannot be read', async () => {
    await published(store, [route(1)], 1)
    await published(store, [route(2)], 2)
    const key = `${prefix}manifests/000000000002.json`
    const intact = (await storage.get(key))?.bytes ?? new Uint8Array()
    await storage.put(key, Buffer.from('torn'))
    clock.advance(2 * hourMs)
    expect(await store.prune({ keep: 1 })).toEqual({ manifests: 0, parts: 0 })
    await storage.put(key, intact)
    expect((await open().load(2)).entries).toEqual([route(2)])
  })

  it('deletes no key that is not its own', async () => {
    await published(store, [route(1)], 1)
    await storage.put(`${prefix}parts/notes/readme.txt`, Buffer.from('mine'))
    clock.advance(2 * hourMs)
    await store.prune({ keep: 1 })
    expect(await keysIn(storage, `${prefix}parts/notes/`)).toHaveLength(1)
  })

  it('beside publishers never takes what a snapshot names', async () => {
    for (let round = 1; round <= 20; round += 1) {
      // The content reverts all the time, which is what makes a part look unused.
      const publications = [open(), open()].map(async (publisher) => {
        const publication = await publisher.begin()
        return publication.publish(draft([route(round % 2), ...routes(500).slice(2)], round))
      })
      const pruning = open().prune({ keep: 1 })
      await Promise.all([...publications, pruning])
      clock.advance(20 * 60_000)
      await expectEverythingLoads()
      expect((await open().latest())?.manifest.sequence).toBe(round)
    }
  })
})
