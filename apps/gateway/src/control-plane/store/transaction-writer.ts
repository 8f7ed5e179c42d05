import type { DatabaseSync } from 'node:sqlite'

import { checkOperations } from './check-operations.ts'
import type { TransactionOptions, TransactionResult } from './config-store.ts'

interface Transaction {
  readonly compare: NonNullable<TransactionOptions['compare']>
  readonly operations: TransactionOptions['operations']
}

/** Applies transactions one by one, each at a revision of its own. */
export function transactionWriter(database: DatabaseSync): (transaction: Transaction) => TransactionResult {
  const newest = database.prepare(
    'SELECT create_revision, mod_revision, version, value IS NOT NULL AS exists_now FROM changes WHERE key = ? AND replaced_revision IS NULL',
  )
  const replace = database.prepare(
    'UPDATE changes SET replaced_revision = ? WHERE key = ? AND replaced_revision IS NULL',
  )
  const insert = database.prepare(
    'INSERT INTO changes (key, value, create_revision, mod_revision, version) VALUES (?, ?, ?, ?, ?)',
  )
  const newestRevision = database.prepare('SELECT revision FROM store')
  const setRevision = database.prepare('UPDATE store SET revision = ?')

  const current = (key: string): { createRevision: number; modRevision: number; version: number } | undefined => {
    const row = newest.get(key)
    return row === undefined || row['exists_now'] === 0
      ? undefined
      : {
          createRevision: Number(row['create_revision']),
          modRevision: Number(row['mod_revision']),
          version: Number(row['version']),
        }
  }

  return ({ compare, operations }) => {
    checkOperations({ compare, operations })
    database.exec('BEGIN IMMEDIATE')
    try {
      const revision = Number(newestRevision.get()?.['revision'])
      if (compare.some(({ key, modRevision }) => (current(key)?.modRevision ?? 0) !== modRevision)) {
        database.exec('ROLLBACK')
        return { status: 'conflict', revision }
      }
      const next = revision + 1
      let changes = 0
      for (const operation of operations) {
        const existing = current(operation.key)
        if (operation.type === 'delete' && existing === undefined) {
          continue
        }
        changes += 1
        replace.run(next, operation.key)
        if (operation.type === 'delete') {
          insert.run(operation.key, null, 0, next, 0)
        } else {
          insert.run(
            operation.key,
            operation.value,
            existing?.createRevision ?? next,
            next,
            (existing?.version ?? 0) + 1,
          )
        }
      }
      if (changes === 0) {
        database.exec('ROLLBACK')
        return { status: 'committed', revision }
      }
      setRevision.run(next)
      database.exec('COMMIT')
      return { status: 'committed', revision: next }
    } catch (error) {
      if (database.isTransaction) {
        database.exec('ROLLBACK')
      }
      throw error
    }
  }
}
