import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, onlyNewest, publish, published, route } from '../publish.ts'

// Schedules that once broke a promise, each as short as it can be told.
const hourMs = 3_600_000
let clock: ReturnType<typeof manualClock>
let storage: StorageAdapter

function open(on: StorageAdapter = storage): DomainStore {
  return snapshotStore({ group: 'default', resources: on, instance: on, clock }).resources
}

beforeEach(() => {
  clock = manualClock()
  storage = memoryStorage()
})

describe('a publisher that falls asleep at its commit', () => {
  it('finds its parts when it wakes, however often a pruner came by', async () => {
    await published(open(), [route(1)], 1)
    clock.advance(1000)
    const sleeper: StorageAdapter = {
      ...storage,
      put: async (key, bytes, options) => {
        if (key.includes('/manifests/')) {
          for (let night = 0; night < 3; night += 1) {
            clock.advance(8 * hourMs)
            await open().prune({ retention: onlyNewest(1) })
          }
        }
        return storage.put(key, bytes, options)
      },
    }
    // Too late to be sure of the number, so it must look again; what it wrote is whole all the same.
    expect(await publish(open(sleeper), [route(2)], 2)).toEqual({ status: 'lost' })
    expect((await open().load(2)).entries).toEqual([route(2)])
    // Nothing is kept for ever: what it replaced goes with the next round.
    clock.advance(2 * hourMs)
    expect(await open().prune({ retention: onlyNewest(1) })).toMatchObject({ manifests: 1, parts: 1 })
  })
})

describe('a store that is wiped and begun again while its head is kept alive', () => {
  it('is followed within three minutes', async () => {
    const reader = open()
    for (let revision = 1; revision <= 5; revision += 1) await published(open(), [route(revision)], revision)
    await reader.latest()
    for (const key of await keysIn(storage)) await storage.delete(key)
    const exporter = open()
    const position = { epoch: 2, revision: 6 }
    await (await exporter.begin()).publish({ ...draft([route(6)]), position })
    for (let minute = 0; minute < 4; minute += 1) {
      clock.advance(60_000)
      await exporter.heartbeat({ matchedRevision: 6 })
      await reader.latest()
    }
    expect((await reader.latest())?.manifest).toMatchObject({ sequence: 1, position })
  })
})
