import type { DatabaseSync } from 'node:sqlite'

import { isFullBatch } from './batch-size.ts'
import type { ChangeSignal } from './change-signal.ts'
import type { StoreEvent, WatchBatch, WatchOptions } from './config-store.ts'
import { storedItem, type StoreRevisions } from './range-reader.ts'

const eventsSql = `
  SELECT key, value, create_revision, mod_revision, version FROM changes
  WHERE mod_revision >= :start AND key >= :from AND key < :to
  ORDER BY mod_revision, key`

export interface WatchChangesOptions extends WatchOptions {
  readonly changed: ChangeSignal
  /** Runs a read at the store's present revisions; throws `StoreError` when the store is closed. */
  readonly read: <T>(action: (database: DatabaseSync, at: StoreRevisions) => T) => T
}

/** Reads the history from `startRevision` on, batch by batch as the consumer takes them, then waits for changes. */
export async function* watchChanges(options: WatchChangesOptions): AsyncGenerator<WatchBatch, void, undefined> {
  const { keys, signal, changed, read } = options
  let start = options.startRevision
  while (!signal.aborted) {
    const batch = read((database, at) => readBatch(database, { start, keys, at }))
    if (batch === undefined) {
      await changed.next(signal)
      continue
    }
    if (batch.type === 'events') {
      start = batch.revision + 1
    }
    yield batch
    if (batch.type === 'compacted') {
      return
    }
  }
}

function readBatch(
  database: DatabaseSync,
  { start, keys, at }: Pick<WatchOptions, 'keys'> & { readonly start: number; readonly at: StoreRevisions },
): WatchBatch | undefined {
  if (start < at.compactRevision) {
    return { type: 'compacted', compactRevision: at.compactRevision }
  }
  if (start > at.revision) {
    return undefined
  }
  const events: StoreEvent[] = []
  let characters = 0
  let last = start
  for (const row of database.prepare(eventsSql).iterate({ start, from: keys.from, to: keys.to })) {
    const modRevision = Number(row['mod_revision'])
    if (modRevision !== last && isFullBatch(events.length, characters)) {
      return { type: 'events', revision: last, events }
    }
    last = modRevision
    if (row['value'] === null) {
      events.push({ type: 'delete', key: String(row['key']), modRevision })
    } else {
      const item = storedItem(row)
      characters += item.value.length
      events.push({ type: 'put', item })
    }
  }
  return { type: 'events', revision: at.revision, events }
}
