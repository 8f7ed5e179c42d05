import type { DatabaseSync } from 'node:sqlite'

/**
 * Drops what was replaced at or before `to`. A deletion at `to` itself stays: a watch may still start there.
 * `from` is the previous compaction.
 */
export function compactChanges(
  database: DatabaseSync,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.prepare('DELETE FROM changes WHERE replaced_revision <= ?').run(to)
    database.prepare('DELETE FROM changes WHERE mod_revision >= ? AND mod_revision < ? AND value IS NULL').run(from, to)
    database.prepare('UPDATE store SET compact_revision = ?').run(to)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) {
      database.exec('ROLLBACK')
    }
    throw error
  }
}
