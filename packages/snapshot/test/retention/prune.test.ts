import { memoryStorage, readOnly, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, onlyNewest, published, route, routes } from '../publish.ts'
import { recordingStorage } from '../recording-storage.ts'

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
    expect(await store.prune({ retention: onlyNewest(2) })).toMatchObject({ manifests: 3, parts: 3 })
    expect(await sequences()).toEqual([5, 4])
    await expectEverythingLoads()
    expect(await store.prune({ retention: onlyNewest(2) })).toMatchObject({ manifests: 0, parts: 0 })
  })

  it('only counts in a dry run, also with read access alone', async () => {
    for (let sequence = 1; sequence <= 3; sequence += 1) await published(store, [route(sequence)], sequence)
    clock.advance(2 * hourMs)
    const reader = snapshotStore({ group: 'default', resources: readOnly(storage), instance: storage, clock }).resources
    expect(await reader.prune({ retention: onlyNewest(1), dryRun: true })).toMatchObject({ manifests: 2, parts: 2 })
    expect(await sequences()).toEqual([3, 2, 1])
    await expect(reader.prune({ retention: onlyNewest(1) })).rejects.toMatchObject({ code: 'read-only' })
    expect(await store.prune({ retention: onlyNewest(1) })).toMatchObject({ manifests: 2, parts: 2 })
  })

  it('never deletes the newest snapshot, not even without any grace', async () => {
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      await published(store, [route(sequence)], sequence)
      clock.advance(1000)
    }
    await store.prune({ retention: onlyNewest(1), graceMs: 0 })
    expect(await sequences()).toEqual([3])
    await expectEverythingLoads()
    await expect(store.prune({ retention: onlyNewest(0) })).rejects.toThrow(RangeError)
  })

  it('leaves alone what is younger than the grace', async () => {
    await published(store, [route(1)], 1)
    clock.advance(2 * hourMs)
    await published(store, [route(2)], 2)
    await published(store, [route(3)], 3)
    expect(await store.prune({ retention: onlyNewest(1) })).toMatchObject({ manifests: 1, parts: 1 })
    expect(await sequences()).toEqual([3, 2])
  })

  it('clears what a publisher left behind, but not while it may still commit', async () => {
    await published(store, [route(1)], 1)
    const losing = await open().begin()
    await published(store, [route(2)], 2)
    expect(await losing.publish(draft([route('lost')], 3))).toEqual({ status: 'lost' })
    expect((await store.prune({ retention: onlyNewest(10) })).parts).toBe(0)
    clock.advance(2 * hourMs)
    expect(await store.prune({ retention: onlyNewest(10) })).toMatchObject({ manifests: 0, parts: 1 })
    await expectEverythingLoads()
  })

  it('deletes no part while a manifest that stays cannot be read', async () => {
    await published(store, [route(1)], 1)
    await published(store, [route(2)], 2)
    const key = `${prefix}manifests/000000000002.json`
    const intact = (await storage.get(key))?.bytes ?? new Uint8Array()
    await storage.put(key, Buffer.from('torn'))
    clock.advance(2 * hourMs)
    expect(await store.prune({ retention: onlyNewest(1) })).toMatchObject({ manifests: 0, parts: 0 })
    await storage.put(key, intact)
    expect((await open().load(2)).entries).toEqual([route(2)])
  })

  it('thins what is older than the newest, and what stays loads', async () => {
    // One every half minute for three hours.
    for (let revision = 1; revision <= 360; revision += 1) {
      await published(store, [route(revision)], revision)
      clock.advance(30_000)
    }
    clock.advance(2 * hourMs)
    const retention = { newest: 10, minutelyHours: 3, hourlyDays: 1 }
    const kept = { newest: 10, minutely: 54, hourly: 2, young: 0, unreadable: 0 }
    expect(await store.prune({ retention })).toEqual({ manifests: 294, parts: 294, approvals: 0, kept })
    await expectEverythingLoads()
    expect(await store.prune({ retention })).toEqual({ manifests: 0, parts: 0, approvals: 0, kept })
    // The second of each minute is the newer one.
    expect((await sequences()).slice(0, 13)).toEqual([360, 359, 358, 357, 356, 355, 354, 353, 352, 351, 350, 348, 346])
  })

  it('keeps old snapshots although a clock was wrong once', async () => {
    for (let revision = 1; revision <= 3; revision += 1) {
      await published(store, [route(revision)], revision)
      clock.advance(hourMs)
    }
    const wrong = snapshotStore({ group: 'default', resources: storage, instance: storage, clock: manualClock(0) })
    await published(wrong.resources, [route(4)], 4)
    await published(store, [route(5)], 5)
    clock.advance(2 * hourMs)
    expect(await store.prune({ retention: { newest: 1 } })).toMatchObject({
      manifests: 1,
      kept: { newest: 1, minutely: 3 },
    })
    expect(await sequences()).toEqual([5, 3, 2, 1])
  })

  it('gives up a manifest that cannot be read when everything of its age goes', async () => {
    for (let revision = 1; revision <= 4; revision += 1) await published(store, [route(revision)], revision)
    await storage.put(`${prefix}manifests/000000000002.json`, Buffer.from('torn'))
    const retention = { newest: 1, minutelyHours: 1, hourlyDays: 1 }
    clock.advance(20 * hourMs)
    const unreadable = { newest: 1, unreadable: 1 }
    expect(await store.prune({ retention })).toMatchObject({ manifests: 2, parts: 0, kept: unreadable })
    clock.advance(20 * hourMs)
    await published(store, [route(5)], 5)
    expect(await store.prune({ retention })).toMatchObject({
      manifests: 2,
      parts: 4,
      kept: { newest: 1, unreadable: 0 },
    })
    await expectEverythingLoads()
  })

  it.each([
    ['by count no further than it has to', onlyNewest(5), 5],
    ['by time all of them', { newest: 5 }, 41],
  ])('reads manifests %s', async (_name, retention, reads) => {
    for (let revision = 1; revision <= 40; revision += 1) await published(store, [route(revision)], revision)
    clock.advance(40 * 24 * hourMs)
    await published(store, [route('young')], 41)
    const watched = recordingStorage(storage)
    const pruner = snapshotStore({ group: 'default', resources: watched, instance: watched, clock }).resources
    expect(await pruner.prune({ retention, dryRun: true })).toMatchObject({ manifests: 36 })
    expect(watched.keysOf('get')).toHaveLength(reads)
  })

  it('deletes no key that is not its own', async () => {
    const { commitId } = await published(store, [route(1)], 1)
    const others = [
      'notes/readme.txt',
      `${commitId}/readme.txt`,
      `${commitId}/0.zst.note`,
      `${commitId}/1/0.zst`,
      `${commitId}/00.zst`,
    ]
    for (const name of others) await storage.put(`${prefix}parts/${name}`, Buffer.from('mine'))
    clock.advance(2 * hourMs)
    await published(store, [route(2)], 2)
    clock.advance(2 * hourMs)
    expect(await store.prune({ retention: onlyNewest(1) })).toMatchObject({ manifests: 1, parts: 1 })
    expect(await keysIn(storage, `${prefix}parts/`)).toHaveLength(others.length + 1)
  })

  it('beside publishers never takes what a snapshot names', async () => {
    for (let round = 1; round <= 20; round += 1) {
      // The content reverts all the time, which is what makes a part look unused.
      const publications = [open(), open()].map(async (publisher) => {
        const publication = await publisher.begin()
        return publication.publish(draft([route(round % 2), ...routes(500).slice(2)], round))
      })
      const pruning = open().prune({ retention: onlyNewest(1) })
      await Promise.all([...publications, pruning])
      clock.advance(20 * 60_000)
      await expectEverythingLoads()
      expect((await open().latest())?.manifest.sequence).toBe(round)
    }
  })
})
