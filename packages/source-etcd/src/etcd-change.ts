import type { Entry, EntryRef } from '@outlast/snapshot'
import { entryBytes } from './entry-bytes.ts'

/** What a write does to one entry. It counts on the entry being absent (`create`), or there and not modified since. */
export type EtcdChange =
  | { readonly type: 'create' | 'replace'; readonly entry: Entry }
  | { readonly type: 'remove'; readonly entry: EntryRef }

/** How many changes fit into one transaction: etcd takes 128 conditions by default, and a replacement has two. */
export const changesPerTransaction = 64

/** The request as the gateway wants it: all conditions hold and all operations are done, or nothing is. */
export function transactionBody(changes: readonly EtcdChange[], prefix: string, since: number): object {
  const keyOf = ({ kind, id }: EntryRef): string => Buffer.from(`${prefix}/${kind}/${id}`).toString('base64')
  return {
    compare: changes.flatMap((change) => conditions(change, keyOf(change.entry), since)),
    success: changes.map((change) => {
      const key = keyOf(change.entry)
      return change.type === 'remove'
        ? { request_delete_range: { key } }
        : { request_put: { key, value: entryBytes(change.entry.value).toString('base64') } }
    }),
  }
}

function conditions({ type }: EtcdChange, key: string, since: number): object[] {
  if (type === 'create') return [{ key, target: 'VERSION', result: 'EQUAL', version: '0' }]
  const unmodified = { key, target: 'MOD', result: 'LESS', mod_revision: String(since + 1) }
  // That it is gone already is no trouble for who wants to remove it.
  return type === 'remove' ? [unmodified] : [unmodified, { key, target: 'VERSION', result: 'GREATER', version: '0' }]
}
