import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configStoreSource } from '../../../src/control-plane/config-store-source.ts'
import { sqliteStore } from '../../../src/control-plane/store/sqlite-store.ts'
import { dataFolderTarget } from '../../../src/snapshot/restore/data-folder-target.ts'
import { restorePlan, type RestoreMode } from '../../../src/snapshot/restore/restore-entries.ts'
import { allAdded, restore } from './restore.ts'
import { everyKind, sorted } from './sample-entries.ts'

describe('restoring to the data folder of a control plane', () => {
  let folder: string
  let databasePath: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-restore-'))
    databasePath = join(folder, 'cp', 'control-plane.db')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  const restored = async (entries: readonly Entry[], mode: RestoreMode = 'into-empty', group = 'default') => {
    const target = dataFolderTarget({ databasePath, group })
    try {
      return await restore(target, entries, { mode, domains: ['resources', 'instance'] })
    } finally {
      await target.close()
    }
  }
  const stored = async (group = 'default') => {
    const store = sqliteStore({ path: databasePath })
    try {
      const { resources, instance } = await configStoreSource(store, group).load()
      return sorted([...resources, ...instance])
    } finally {
      await store.close()
    }
  }

  it('gives a control plane everything back, of both domains and of kinds that nobody knows', async () => {
    const entries: Entry[] = [
      ...everyKind(),
      { kind: 'x-unknown', id: 'deep/id', value: 'text' },
      { kind: 'keyring', id: 'all', value: { keyring: ['0123456789abcdef'] } },
    ]
    expect(await restored(entries)).toEqual(allAdded(entries.length))
    expect(await stored()).toEqual(sorted(entries))
    expect((await stat(databasePath)).mode & 0o777).toBe(0o600)
    expect(await restored(entries)).toEqual(allAdded(0))
  })

  it('leaves other groups alone', async () => {
    await restored(everyKind(), 'into-empty', 'other')
    await restored([{ kind: 'routes', id: '1', value: {} }], 'replace')
    expect(await stored('other')).toEqual(sorted(everyKind()))
    expect(await stored()).toHaveLength(1)
  })

  it('says which entries the store cannot hold, and restores the others', async () => {
    const impossible: Entry = { kind: 'routes', id: 'ключ', value: {} }
    expect(await restored([...everyKind(), impossible])).toEqual({
      ...allAdded(13),
      refused: [{ kind: 'routes', id: 'ключ', reason: 'its key is not printable ASCII' }],
    })
    expect(await stored()).toEqual(sorted(everyKind()))
  })

  it('refuses the folder of a control plane that runs', async () => {
    const running = sqliteStore({ path: databasePath })
    try {
      await expect(restored(everyKind())).rejects.toThrow('is in use by another process: stop the control plane first')
    } finally {
      await running.close()
    }
  })

  it('creates nothing when it only looks', async () => {
    const target = dataFolderTarget({ databasePath, group: 'default' })
    const signal = new AbortController().signal
    const plan = await restorePlan({ target, entries: everyKind(), domains: ['resources'], signal })
    await target.close()
    expect(plan.comparison.added).toHaveLength(13)
    await expect(stat(join(folder, 'cp'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
