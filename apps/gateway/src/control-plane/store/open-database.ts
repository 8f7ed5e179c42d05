import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { mapSqliteError } from './map-sqlite-error.ts'
import { StoreError } from './store-error.ts'

/** `OUTL`: tells our files from other people's. */
const applicationId = 0x4f_55_54_4c
const schemaVersion = 1

// One row per change of a key. A row is part of the state at revision r when
// mod_revision <= r, it was not replaced by then, and it is no deletion.
const schema = `
  CREATE TABLE store (
    cluster_id TEXT NOT NULL, member_id TEXT NOT NULL, term INTEGER NOT NULL,
    revision INTEGER NOT NULL, compact_revision INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE changes (
    key TEXT NOT NULL,
    mod_revision INTEGER NOT NULL,
    create_revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    value TEXT,                -- NULL: deleted
    replaced_revision INTEGER, -- NULL: the key's newest change
    PRIMARY KEY (key, mod_revision)
  ) STRICT;
  CREATE INDEX changes_by_revision ON changes (mod_revision, key);
  CREATE INDEX changes_by_replacement ON changes (replaced_revision) WHERE replaced_revision IS NOT NULL;
  CREATE INDEX current_keys ON changes (key) WHERE replaced_revision IS NULL AND value IS NOT NULL;
`

/** Opens or creates the file for this process alone. Throws `StoreError`. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Configuration holds secrets; SQLite gives its companion files the same mode.
    closeSync(openSync(path, 'a', 0o600))
    database = new DatabaseSync(path)
    // Before anything else: with it no other process can so much as read, and the kernel drops it with the process.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    prepareSchema(database, path)
    return database
  } catch (error) {
    database?.close()
    throw mapSqliteError(error, path)
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN EXCLUSIVE')
  const foundId = pragma(database, 'application_id')
  const foundVersion = pragma(database, 'user_version')
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'])
  if (foundId === 0 && tables === 0) {
    database.exec(schema)
    database.prepare('INSERT INTO store VALUES (?, ?, 0, 1, 0)').run(randomId(), randomId())
    database.exec(`PRAGMA application_id = ${applicationId}`)
    database.exec(`PRAGMA user_version = ${schemaVersion}`)
  } else if (foundId !== applicationId) {
    throw new StoreError('not-a-store', `${path} is not a configuration store`)
  } else if (foundVersion > schemaVersion) {
    throw new StoreError('not-a-store', `${path} was written by a newer version of this program`)
  }
  database.exec('UPDATE store SET term = term + 1')
  database.exec('COMMIT')
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

/** 63 bits, never 0: it must fit the signed integers of clients. */
function randomId(): string {
  return String((randomBytes(8).readBigUInt64BE() >> 1n) | 1n)
}
