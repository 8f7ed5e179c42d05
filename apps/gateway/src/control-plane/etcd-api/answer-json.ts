import type { StoredItem, StoreEvent, StoreIdentity } from '../store/config-store.ts'

/** etcd's gateway leaves out every field that is zero, empty or false, and writes 64-bit integers as strings. */
export interface HeaderJson {
  readonly cluster_id: string
  readonly member_id: string
  readonly revision?: string
  readonly raft_term: string
}

export function headerJson(identity: StoreIdentity, revision: number): HeaderJson {
  return {
    cluster_id: identity.clusterId,
    member_id: identity.memberId,
    ...(revision === 0 ? {} : { revision: String(revision) }),
    raft_term: identity.term,
  }
}

export function itemJson(item: StoredItem, keysOnly = false): object {
  return {
    key: base64(item.key),
    create_revision: String(item.createRevision),
    mod_revision: String(item.modRevision),
    version: String(item.version),
    ...(keysOnly || item.value === '' ? {} : { value: base64(item.value) }),
  }
}

export function eventJson(event: StoreEvent): object {
  return event.type === 'put'
    ? { kv: itemJson(event.item) }
    : { type: 'DELETE', kv: { key: base64(event.key), mod_revision: String(event.modRevision) } }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
