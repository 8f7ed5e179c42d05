import type { Entry, EntryRef } from '@outlast/snapshot'
import { entryBytes } from './entry-bytes.ts'
import type { EtcdCondition, TransactionRequest } from './transaction.ts'

/** What a write does to one entry. It counts on the entry being absent (`create`), or there and not modified since. */
export type EtcdChange =
  | { readonly type: 'create' | 'replace'; readonly entry: Entry }
  | { readonly type: 'remove'; readonly entry: EntryRef }

/** How many changes fit into one transaction: etcd takes 128 conditions by default, and a replacement has two. */
export const changesPerTransaction = 64

/** All conditions hold and all changes are made, or nothing is. */
export function transactionOfChanges(
  changes: readonly EtcdChange[],
  prefix: string,
  since: number,
): TransactionRequest {
  const keyOf = ({ kind, id }: EntryRef): Buffer => Buffer.from(`${prefix}/${kind}/${id}`)
  return {
    conditions: changes.flatMap((change) => conditions(change, keyOf(change.entry), since)),
    operations: changes.map((change) =>
      change.type === 'remove'
        ? { type: 'delete', key: keyOf(change.entry) }
        : { type: 'put', key: keyOf(change.entry), value: entryBytes(change.entry.value) },
    ),
  }
}

function conditions({ type }: EtcdChange, key: Buffer, since: number): EtcdCondition[] {
  if (type === 'create') return [{ key, target: 'version', is: 'equal', value: 0 }]
  const unmodified = { key, target: 'modRevision', is: 'less', value: since + 1 } as const
  // That it is gone already is no trouble for who wants to remove it.
  return type === 'remove' ? [unmodified] : [unmodified, { key, target: 'version', is: 'greater', value: 0 }]
}
