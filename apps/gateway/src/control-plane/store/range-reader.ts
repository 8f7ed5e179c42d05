import type { DatabaseSync, StatementSync } from 'node:sqlite'

import type { RangeOptions, RangeResult, StoredItem } from './config-store.ts'
import { countCache } from './count-cache.ts'
import { StoreError } from './store-error.ts'

/** How far the store is, and how far back it can look. */
export interface StoreRevisions {
  readonly revision: number
  readonly compactRevision: number
}

const currentRows = 'replaced_revision IS NULL AND value IS NOT NULL'
const rowsAtRevision =
  'mod_revision <= :revision AND (replaced_revision IS NULL OR replaced_revision > :revision) AND value IS NOT NULL'

/** Reads items and counts of key spans at a revision. */
export function rangeReader(database: DatabaseSync): (options: RangeOptions, at: StoreRevisions) => RangeResult {
  const statements = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const prepared = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, prepared)
    return prepared
  }

  const counts = countCache()

  return ({ keys, limit, revision: wanted, minModRevision, countOnly = false, keysOnly = false }, at) => {
    const revision = readableRevision(wanted, at)
    const isCurrent = revision === at.revision
    const span = { from: keys.from, to: keys.to, ...(isCurrent ? {} : { revision }) }
    const readable = isCurrent ? currentRows : rowsAtRevision
    const visible = `key >= :from AND key < :to AND ${readable}`

    const count = counts.get(keys, revision, () =>
      Number(statement(`SELECT count(*) AS count FROM changes WHERE ${visible}`).get(span)?.['count']),
    )
    if (countOnly) {
      return { revision: at.revision, items: [], count, more: false }
    }

    // Recent changes are few: they are found by revision, without walking the whole span.
    const recent = minModRevision !== undefined
    const source = recent ? 'changes INDEXED BY changes_by_revision' : 'changes'
    const condition = recent ? `${visible} AND mod_revision >= :since` : visible
    const rows = statement(
      `SELECT key, ${keysOnly ? "''" : 'value'} AS value, create_revision, mod_revision, version FROM ${source} WHERE ${condition} ORDER BY key LIMIT :limit`,
    ).all({
      ...span,
      ...(recent ? { since: minModRevision } : {}),
      // One more than wanted tells whether there are more; SQLite takes a negative limit as none.
      limit: limit === undefined ? -1 : limit + 1,
    })
    const more = limit !== undefined && rows.length > limit
    const items = (more ? rows.slice(0, limit) : rows).map((row) => storedItem(row))
    const last = items.at(-1)
    if (more && last !== undefined && !recent) {
      // The next page's count follows from this one's.
      counts.set({ from: `${last.key}\0`, to: keys.to }, revision, count - items.length)
    }
    return { revision: at.revision, items, count, more }
  }
}

function readableRevision(wanted: number | undefined, at: StoreRevisions): number {
  if (wanted === undefined) {
    return at.revision
  }
  if (wanted > at.revision) {
    throw new StoreError('future-revision', `Revision ${wanted} does not exist yet`)
  }
  if (wanted < at.compactRevision) {
    throw new StoreError('compacted', `Revision ${wanted} is compacted`)
  }
  return wanted
}

/** A row of `changes` that is no deletion. */
export function storedItem(row: Readonly<Record<string, unknown>>): StoredItem {
  return {
    key: String(row['key']),
    value: String(row['value']),
    createRevision: Number(row['create_revision']),
    modRevision: Number(row['mod_revision']),
    version: Number(row['version']),
  }
}
