import type { KeyValue, WatchEvent } from '@outlast/source-etcd/client'

import type { StoredItem, StoreEvent } from '../config-store.ts'

export function itemOf({ key, value, createRevision, modRevision, version }: KeyValue): StoredItem {
  return { key: key.toString(), value: value.toString(), createRevision, modRevision, version }
}

export function eventOf({ type, kv }: WatchEvent): StoreEvent {
  return type === 'put' ? { type, item: itemOf(kv) } : { type, key: kv.key.toString(), modRevision: kv.modRevision }
}
