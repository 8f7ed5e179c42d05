import { memoryStorage } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
let storage: RecordingStorage
let store: DomainStore

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
  store = snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
})

async function verdicts(): Promise<[number, string[]][]> {
  const found = await collect(store.verify())
  return found.map(({ sequence, problems }) => [sequence, problems.map(({ code }) => code)])
}

const partKey = (manifest: Manifest, index: number): string => `${prefix}${manifest.parts[index]?.key}`

describe('verifying a store', () => {
  it('finds nothing wrong with what was published, and reads a shared part once', async () => {
    const first = await published(store, routes(2000), 1)
    const second = await published(store, [...routes(2000), route('new')], 2)
    const parts = new Set([...first.parts, ...second.parts].map(({ key }) => key))
    storage.forget()
    expect(await verdicts()).toEqual([
      [2, []],
      [1, []],
    ])
    expect(storage.keysOf('get').filter((key) => key.includes('/parts/'))).toHaveLength(parts.size)
  })

  it('tells every part that is damaged or gone, in every snapshot that names it', async () => {
    const first = await published(store, routes(2000), 1)
    await published(store, [...routes(2000), route('new')], 2)
    await storage.put(partKey(first, 0), Buffer.from('torn'))
    await storage.delete(partKey(first, 1))
    const found = new Map(await verdicts())
    expect(found.get(1)).toEqual(['damaged', 'not-yet'])
    expect(found.get(2)?.length).toBeGreaterThanOrEqual(1)
  })

  it('tells a manifest that is damaged from the parts, and goes on to the others', async () => {
    await published(store, [route(1)], 1)
    await published(store, [route(2)], 2)
    await storage.put(`${prefix}manifests/000000000002.json`, Buffer.from('{}'))
    expect(await verdicts()).toEqual([
      [2, ['damaged']],
      [1, []],
    ])
    expect(await store.sequences()).toEqual([2, 1])
    await expect(store.manifest(2)).rejects.toMatchObject({ code: 'damaged' })
    await expect(store.manifest(3)).rejects.toMatchObject({ code: 'not-found' })
    expect((await store.manifest(1)).manifest.sequence).toBe(1)
  })

  it('gives no verdict when the store fails', async () => {
    await published(store, [route(1)], 1)
    storage.fault = ({ operation }) => (operation === 'get' ? 'fail-before' : undefined)
    await expect(verdicts()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
