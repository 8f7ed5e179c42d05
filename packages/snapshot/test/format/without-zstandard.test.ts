import type * as Zlib from 'node:zlib'
import { memoryStorage } from '@outlast/storage'
import { describe, expect, it, vi } from 'vitest'
import { entrySet } from '../../src/entries/entry-set.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { keysIn, publish, published, route, routes } from '../publish.ts'

// A runtime that has no Zstandard; it cannot read what others compressed with it, but everybody reads what it writes.
vi.mock('node:zlib', async (original) => {
  const { zstdCompress: _, zstdDecompress: _d, zstdDecompressSync: _s, ...rest } = await original<typeof Zlib>()
  return { ...rest, zstdCompress: undefined, zstdDecompress: undefined, zstdDecompressSync: undefined }
})

describe('where there is no Zstandard', () => {
  it('snapshots are compressed with gzip, and are read, changed and taken over as ever', async () => {
    const storage = memoryStorage()
    const store = snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
    const set = entrySet(routes(20_000))
    const first = await published(store, set)
    const changed = set.with({ upserted: [route('new')], removed: [] })
    expect(await publish(store, changed, 2)).toMatchObject({
      status: 'published',
      uploadedParts: 1,
      reusedParts: first.parts.length - 1,
    })
    const parts = (await keysIn(storage, 'groups/default/resources/parts/')).filter((key) => !key.endsWith('.gz'))
    expect(parts).toEqual([])
    const reader = snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
    expect((await reader.latest())?.manifest.sequence).toBe(2)
    expect((await reader.load(2)).entries).toHaveLength(20_001)
    const stored = await storage.get('groups/default/resources/manifests/000000000002.json')
    expect([...(stored?.bytes.subarray(0, 2) ?? [])]).toEqual([0x1f, 0x8b])
  })
})
