import { memoryStorage } from '@outlast/storage'
import { expect, it } from 'vitest'
import type { Entry } from '../../src/entries/entry.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { published, routes } from '../publish.ts'

const upstream: Entry = { kind: 'upstreams', id: '1', value: {} }
/** As many entries in all, but not of each kind. */
const miscounted = { routes: 899, upstreams: 2 }

async function domain() {
  const storage = memoryStorage()
  const store = snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
  return { store, manifest: await published(store, [...routes(900), upstream]) }
}

it('refuses a snapshot with other kinds than its manifest counts', async () => {
  const { store, manifest } = await domain()
  await expect(store.load({ ...manifest, counts: miscounted })).rejects.toMatchObject({ code: 'damaged' })
})

it('refuses it also when every part was loaded before', async () => {
  const { store, manifest } = await domain()
  const reuse = await store.load(manifest)
  await expect(store.load({ ...manifest, counts: miscounted }, { reuse })).rejects.toMatchObject({ code: 'damaged' })
})

it('gives the same entries in the same order, whatever is taken over', async () => {
  const { store, manifest } = await domain()
  const reuse = await store.load(manifest)
  const changed = await published(store, [...routes(905), upstream], 2)
  const caughtUp = await store.load(changed, { reuse })
  expect(caughtUp.entries).toHaveLength(906)
  expect(caughtUp.entries).toEqual((await store.load(changed)).entries)
})
