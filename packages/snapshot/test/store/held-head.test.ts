import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeCheckedJson } from '../../src/format/checked-json.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { published, route } from '../publish.ts'

const key = 'groups/default/resources/head.json'
const candidate = {
  root: `sha256:${'1'.repeat(64)}`,
  identity: 'etcd:cdf818194e3a8c32',
  base: `sha256:${'2'.repeat(64)}`,
  summary: 'would remove 12 routes',
}
let storage: StorageAdapter
const open = (): DomainStore => snapshotStore({ group: 'default', resources: storage, instance: storage }).resources

beforeEach(async () => {
  storage = memoryStorage()
  await published(open(), [route(1)])
})

describe('a head that shows what is held', () => {
  it('gives it to whoever looks, until nothing is held', async () => {
    const store = open()
    await store.heartbeat({ held: 'why', candidate })
    expect(await open().latest()).toMatchObject({ held: 'why', candidate })
    const moved = { ...candidate, root: candidate.base }
    await store.heartbeat({ held: 'why', candidate: moved })
    expect(await open().latest()).toMatchObject({ held: 'why', candidate: moved })
    await store.heartbeat({ matchedRevision: 2 })
    expect((await open().latest())?.candidate).toBeUndefined()
  })

  it('stays below a kibibyte by cutting the summary, and readable whatever the source calls itself', async () => {
    const store = open()
    const summary = `would remove ${'many \u{1f680} kinds, '.repeat(100)}`
    await store.heartbeat({ held: 'why', candidate: { ...candidate, summary } })
    const size = (await storage.get(key))?.bytes.byteLength
    expect(size).toBeLessThanOrEqual(1024)
    expect(size).toBeGreaterThan(1000)
    const shown = (await open().latest())?.candidate
    expect(shown).toMatchObject({ root: candidate.root, base: candidate.base, identity: candidate.identity })
    expect(shown?.summary).toMatch(/^would remove many/)
    for (const identity of ['\u0001'.repeat(1024), '\u{1f680}'.repeat(512)]) {
      await store.heartbeat({ held: 'why', candidate: { ...candidate, identity, summary } })
      expect(await open().latest()).toMatchObject({ held: 'why' })
    }
  })

  it('is of use also when the candidate has a form that nobody knows', async () => {
    const digest = (await open().latest())?.digest
    const checkedAt = new Date(0).toISOString()
    await storage.put(key, encodeCheckedJson({ format: 1, sequence: 1, manifest: digest, checkedAt, candidate: 7 }))
    expect(await open().latest()).toMatchObject({ checkedAt: 0, candidate: undefined })
  })
})
