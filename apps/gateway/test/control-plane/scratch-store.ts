import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { sqliteStore, type SqliteStoreOptions } from '../../src/control-plane/store/sqlite-store.ts'

/** A path for a store of the running test. */
export async function scratchPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'store.db')
}

/** An open store of the running test. */
export async function scratchStore(options: Omit<SqliteStoreOptions, 'path'> = {}): Promise<ConfigStore> {
  const store = sqliteStore({ ...options, path: await scratchPath() })
  onTestFinished(() => store.close())
  return store
}

/** Puts one key; resolves to the revision. */
export async function put(store: ConfigStore, key: string, value = '{}'): Promise<number> {
  return (await store.transaction({ operations: [{ type: 'put', key, value }] })).revision
}

export async function remove(store: ConfigStore, key: string): Promise<number> {
  return (await store.transaction({ operations: [{ type: 'delete', key }] })).revision
}
