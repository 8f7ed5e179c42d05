import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

import type { ConfigStore, KeySpan, StoreEvent, WatchBatch } from '../../src/control-plane/store/config-store.ts'
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

/** What a watch tells of its span until it has told the revision; leaves out batches that tell nothing. */
export async function changesUntil(
  store: ConfigStore,
  options: { readonly keys: KeySpan; readonly startRevision: number },
  revision: number,
): Promise<readonly StoreEvent[]> {
  const changes: StoreEvent[] = []
  for await (const batch of store.watch({ ...options, signal: new AbortController().signal })) {
    if (batch.type === 'compacted') {
      throw new Error(`compacted to ${batch.compactRevision}`)
    }
    changes.push(...batch.events)
    if (batch.revision >= revision) {
      break
    }
  }
  return changes
}

/** The first batch of a watch that tells something. */
export async function first(watch: AsyncIterable<WatchBatch>): Promise<WatchBatch | undefined> {
  for await (const batch of watch) {
    if (batch.type === 'compacted' || batch.events.length > 0) {
      return batch
    }
  }
  return undefined
}
