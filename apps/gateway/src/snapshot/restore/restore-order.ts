import { entryKey, type EntryRef } from '@outlast/snapshot'

/** What others refer to comes first: an Admin API checks references, and a data plane may follow while we write. */
const kinds = [
  'keyring',
  'discovery',
  'snapshot_storage',
  'ssls',
  'secrets',
  'protos',
  'upstreams',
  'services',
  'plugin_configs',
  'consumer_groups',
  'consumers',
  'global_rules',
  'plugin_metadata',
  'plugins',
]
/** Kinds that nobody knows stand between these and the ones before. */
const lastKinds = ['routes', 'stream_routes']

/** The order to write entries in; they are removed in the opposite one. Owners come before what they own. */
export function restoreOrder(left: EntryRef, right: EntryRef): number {
  const byRank = rank(left.kind) - rank(right.kind) || depth(left.id) - depth(right.id)
  if (byRank !== 0) return byRank
  const [a, b] = [entryKey(left), entryKey(right)]
  return a < b ? -1 : Number(a > b)
}

function rank(kind: string): number {
  const first = kinds.indexOf(kind)
  if (first !== -1) return first
  return kinds.length + 1 + lastKinds.indexOf(kind)
}

function depth(id: string): number {
  return id.split('/').length
}
