import * as fc from 'fast-check'
import { memoryStorage } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { compareEntries } from '../../src/diff/compare-entries.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { applyPatch } from './apply-patch.ts'
import { entries } from '../arbitraries.ts'
import { published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

let storage: RecordingStorage
let store: DomainStore

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
  store = snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
})

const asMap = (list: readonly Entry[]) => new Map(list.map((entry) => [entryKey(entry), entry.value]))

describe('compareEntries', () => {
  it('tells enough to turn any configuration into any other', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const { added, removed, changed } = compareEntries(before, after)
        const state = asMap(before)
        for (const entry of removed) expect(state.delete(entryKey(entry))).toBe(true)
        for (const entry of added) state.set(entryKey(entry), entry.value)
        for (const entry of changed) {
          state.set(entryKey(entry), applyPatch(state.get(entryKey(entry)) ?? null, entry.operations))
        }
        expect(state).toEqual(asMap(after))
      }),
    )
  })
})

describe('a diff of two snapshots', () => {
  it('says what was added, removed and changed, in the order of keys', async () => {
    const before = await published(store, [route(3), route(2), route(1)], 1)
    const after = await published(store, [route(4), route(1, '/new'), route(0), route(3)], 2)
    expect(await store.diff(before, after)).toEqual({
      added: [route(0), route(4)],
      removed: [route(2)],
      changed: [
        {
          kind: 'routes',
          id: '1',
          before: route(1).value,
          after: route(1, '/new').value,
          operations: [{ op: 'replace', path: '/uri', value: '/new' }],
        },
      ],
      partsRead: 2,
    })
  })

  it('reads only parts that differ', async () => {
    const before = await published(store, routes(4000), 1)
    const after = await published(store, [...routes(4000).slice(1), route(0, '/new')], 2)
    expect(before.parts.length).toBeGreaterThan(8)
    storage.forget()
    const diff = await store.diff(before, after)
    expect(diff.changed.map(({ id }) => id)).toEqual(['0'])
    expect(diff.partsRead).toBe(2)
    expect(storage.keysOf('get')).toHaveLength(2)
  })

  it('reads nothing when the snapshots are equal', async () => {
    const manifest = await published(store, routes(10), 1)
    storage.forget()
    expect(await store.diff(manifest, manifest)).toEqual({ added: [], removed: [], changed: [], partsRead: 0 })
    expect(storage.calls).toEqual([])
  })

  it('is right across different fan-outs', async () => {
    const before = await published(store, routes(20), 1)
    const after = await published(store, routes(4000), 2)
    expect(before.fanout).not.toBe(after.fanout)
    const diff = await store.diff(after, before)
    expect([diff.added.length, diff.removed.length, diff.changed.length]).toEqual([0, 3980, 0])
  })

  it('refuses a part that is damaged', async () => {
    const before = await published(store, [route(1)], 1)
    const after = await published(store, [route(2)], 2)
    const key = `groups/default/resources/${after.parts[0]?.key}`
    await storage.put(key, Buffer.from('torn'))
    await expect(store.diff(before, after)).rejects.toMatchObject({ code: 'damaged' })
  })
})
