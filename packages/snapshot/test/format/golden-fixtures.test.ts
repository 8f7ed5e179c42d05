import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memoryStorage, readOnly, type StorageReader } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import { needsKeys } from '../../src/keyring/needs-keys.ts'
import { snapshotStore, type SnapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { route } from '../publish.ts'
import { by, cipher, keyring, sealing, secretive, trustedKeys } from './feature-stores.ts'

// Stores as they were written when a feature came. They must stay readable for ever.
const folder = join(import.meta.dirname, 'fixtures')

async function fixture(name: string): Promise<StorageReader> {
  const memory = memoryStorage()
  const root = join(folder, name)
  for await (const file of glob('**/*.{json,zst,gz,sealed}', { cwd: root })) {
    await memory.put(file, await readFile(join(root, file)))
  }
  return readOnly(memory)
}

async function open(name: string, options: Partial<SnapshotStoreOptions> = {}): Promise<SnapshotStore> {
  const storage = await fixture(name)
  return snapshotStore({ group: 'default', resources: storage, instance: storage, ...options })
}

async function problemsIn(store: SnapshotStore['resources']): Promise<unknown[]> {
  return (await collect(store.verify())).flatMap(({ problems }) => problems)
}

describe('a signed store of format 1', () => {
  it('is believed by who trusts its keys, from the first export to the end of the hold', async () => {
    const { resources } = await open('signed-and-held', { trustedKeys })
    expect(await problemsIn(resources)).toEqual([])
    const history = await collect(resources.history())
    expect(history.map(({ sequence, hold }) => [sequence, hold?.action])).toEqual([
      [4, undefined],
      [3, 'rollback'],
      [2, undefined],
      [1, undefined],
    ])
    expect(history[0]?.approvals).toMatchObject([{ action: 'resume', actor: by.actor, reason: 'mended' }])
    expect(history[1]?.approvals).toMatchObject([{ action: 'rollback', ...by }])
    expect((await resources.load(4)).entries).toEqual([route(1)])
    // Its head is signed too.
    expect((await resources.latest())?.checkedAt).toBe(Date.UTC(2026, 0, 1, 0, 3))
  })

  it('is not believed by who trusts others', async () => {
    const { resources } = await open('signed-and-held', { trustedKeys: trustedKeys.slice(1) })
    expect((await collect(resources.history())).map(({ sequence }) => sequence)).toEqual([4, 3])
    await expect(resources.load(1)).rejects.toMatchObject({ code: 'untrusted-key' })
  })
})

describe('a store of format 1 whose exporter holds, and was told to go on', () => {
  it('tells what is held, what was accepted, and how much there was before', async () => {
    const { resources } = await open('held-and-accepted', { trustedKeys })
    expect(await problemsIn(resources)).toEqual([])
    const latest = await resources.latest()
    const hour = Date.UTC(2026, 0, 1, 1) / 3_600_000
    expect(latest).toMatchObject({
      manifest: { sequence: 2, recentCounts: [{ hour, entries: 3 }] },
      held: 'another source',
      candidate: {
        base: latest?.digest,
        root: 'sha256:5b15d80bcf7b3ee0162d7f7af25a66e208aec8f1a01107a31ba0aacf99d21d2a',
        identity: 'another',
        summary: 'would remove 2 routes; would add 1 route',
      },
    })
    const { root = '', identity = '', base = '' } = latest?.candidate ?? {}
    const approval = await resources.approval({ base, candidate: root, identity })
    expect(approval).toMatchObject({ action: 'accept', ...by, at: '2026-01-01T01:02:00.000Z' })
    expect(await resources.approvals()).toMatchObject([
      {
        id: '902d522ffe46ed46f4df8fc4dfe4c77714125e9a855f796dd6538b9bdd417689',
        approval,
        signedBy: [expect.any(String)],
      },
    ])
    const strangers = await open('held-and-accepted', { trustedKeys: trustedKeys.slice(0, 1) })
    expect(await strangers.resources.approval({ base, candidate: root, identity })).toBeUndefined()
  })
})

describe('a sealed store of format 1', () => {
  it('opens with its sealing key, and only with that', async () => {
    const { instance } = await open('sealed', { sealing })
    expect(await problemsIn(instance)).toEqual([])
    expect((await instance.load(1)).entries).toHaveLength(900)
    const { entries, manifest } = await instance.load(2)
    expect(entries).toHaveLength(901)
    expect(entries).toContainEqual({ kind: 'discovery', id: 'consul', value: { token: 'hidden' } })
    expect(entries).toContainEqual({ ...keyring, id: 'key-7' })
    expect(new Set(manifest.parts.map(({ key }) => key.split('/')[1])).size).toBe(2)
    const closed = await open('sealed')
    await expect(closed.instance.load(2)).rejects.toMatchObject({ code: 'missing-key' })
  })
})

describe('a store of format 1 with encrypted fields', () => {
  it('gives back every field with the keyring of its instance configuration', async () => {
    const { resources } = await open('encrypted-fields')
    const { entries, manifest } = await resources.load(1)
    const revealed = entries.map((entry) => cipher.reveal(entry))
    expect(revealed.flatMap(({ failures }) => failures)).toEqual([])
    expect(revealed.map(({ entry }) => entry)).toEqual(expect.arrayContaining([...secretive]))
    expect(manifest.needs?.keys).toEqual(needsKeys(entries))
    expect(manifest.needs?.keys).toHaveLength(1)
    // Encrypting is deterministic, so what is unchanged stays unchanged.
    expect(entries).toEqual(expect.arrayContaining(secretive.map((entry) => cipher.protect(entry))))
  })
})

describe('a store of format 1 that was written without Zstandard', () => {
  it('is read', async () => {
    const { resources } = await open('gzip')
    expect(await problemsIn(resources)).toEqual([])
    const latest = await resources.latest()
    expect(latest?.manifest.counts).toEqual({ routes: 20_000 })
    expect((await resources.load(1)).entries).toContainEqual(route(19_999))
  })
})
