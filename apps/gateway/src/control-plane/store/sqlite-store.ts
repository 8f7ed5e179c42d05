import type { DatabaseSync } from 'node:sqlite'

import { silentLogger, type Logger } from '@outlast/snapshot'

import { errorText } from '../../error-text.ts'
import { changeSignal } from './change-signal.ts'
import { compactChanges } from './compact-changes.ts'
import type { ConfigStore, StoreIdentity } from './config-store.ts'
import { mapSqliteError } from './map-sqlite-error.ts'
import { openDatabase } from './open-database.ts'
import { rangeReader } from './range-reader.ts'
import { StoreError } from './store-error.ts'
import { transactionWriter } from './transaction-writer.ts'
import { watchChanges } from './watch-changes.ts'

export interface SqliteStoreOptions {
  /** The database file; it and its folder are created when absent. Readable by its owner only. */
  readonly path: string
  /** Revisions of history to keep. Default 10,000. */
  readonly keepRevisions?: number | undefined
  /** Told when compaction fails; writes go on. */
  readonly logger?: Logger | undefined
}

/**
 * The embedded store: one SQLite file, one process. Opening takes the file for this process alone (`in-use` otherwise).
 * A transaction resolves when it is on disk (WAL, synchronous=FULL), so killing the process loses nothing acknowledged.
 * Calls run on the event loop, each for about the time of its disk access. Throws `StoreError`.
 */
export function sqliteStore(options: SqliteStoreOptions): ConfigStore {
  const { path, keepRevisions = 10_000, logger = silentLogger } = options
  const database = openDatabase(path)
  const identity = readIdentity(database)
  let { revision, compactRevision } = readRevisions(database)

  const changed = changeSignal()
  const range = rangeReader(database)
  const transact = transactionWriter(database)
  // Compaction costs about the same for one revision as for many.
  const compactEvery = Math.max(1, Math.floor(keepRevisions / 10))

  const run = <T>(action: () => T, signal?: AbortSignal): T => {
    signal?.throwIfAborted()
    if (!database.isOpen) {
      throw new StoreError('unavailable', `${path} is closed`)
    }
    try {
      return action()
    } catch (error) {
      throw mapSqliteError(error, path)
    }
  }

  const compactTo = (target: number): void => {
    if (target > revision) {
      throw new StoreError('future-revision', `Revision ${target} does not exist yet`)
    }
    if (target <= compactRevision) {
      throw new StoreError('compacted', `Revision ${target} is compacted already`)
    }
    compactChanges(database, { from: compactRevision, to: target })
    compactRevision = target
  }

  /** The write that made it due is acknowledged, whatever becomes of this; the next write tries again. */
  const compactWhenDue = (): void => {
    if (revision - compactRevision < keepRevisions + compactEvery) {
      return
    }
    try {
      run(() => compactTo(revision - keepRevisions))
    } catch (error) {
      logger.warn({ path, error: errorText(error) }, 'compaction failed')
    }
  }

  return {
    range: async (rangeOptions) => run(() => range(rangeOptions, { revision, compactRevision }), rangeOptions.signal),

    transaction: async ({ compare = [], operations, signal }) => {
      const result = run(() => transact({ compare, operations }), signal)
      if (result.revision > revision) {
        revision = result.revision
        changed.notify()
        compactWhenDue()
      }
      return result
    },

    watch: (watchOptions) =>
      watchChanges({
        ...watchOptions,
        changed,
        read: (action) => run(() => action(database, { revision, compactRevision })),
      }),

    compact: async ({ revision: target, signal }) => run(() => compactTo(target), signal),
    revision: async ({ signal } = {}) => run(() => revision, signal),
    identity: async ({ signal } = {}) => run(() => identity, signal),
    close: async () => {
      if (database.isOpen) {
        database.close()
        changed.notify()
      }
    },
  }
}

function readIdentity(database: DatabaseSync): StoreIdentity {
  const row = database.prepare('SELECT cluster_id, member_id, term FROM store').get()
  return {
    clusterId: String(row?.['cluster_id']),
    memberId: String(row?.['member_id']),
    term: String(row?.['term']),
  }
}

function readRevisions(database: DatabaseSync): { revision: number; compactRevision: number } {
  const row = database.prepare('SELECT revision, compact_revision FROM store').get()
  return { revision: Number(row?.['revision']), compactRevision: Number(row?.['compact_revision']) }
}
