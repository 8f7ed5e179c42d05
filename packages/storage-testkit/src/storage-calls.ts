import type { CallOptions, StorageAdapter } from '@outlast/storage'

import { collect } from './collect.ts'

/** A `put` with `ifAbsent` is a kind of its own: stores answer it by other rules. */
export type CallKind = 'get' | 'put' | 'put ifAbsent' | 'list' | 'delete'

/** One call of every kind, all for the key `key`. */
export const storageCalls: Readonly<
  Record<CallKind, (adapter: StorageAdapter, options?: CallOptions) => Promise<unknown>>
> = {
  get: (adapter, options) => adapter.get('key', options),
  put: (adapter, options) => adapter.put('key', new Uint8Array(1_000), options),
  'put ifAbsent': (adapter, options) => adapter.put('key', new Uint8Array(1_000), { ...options, ifAbsent: true }),
  list: (adapter, options) => collect(adapter.list('', options)),
  delete: (adapter, options) => adapter.delete('key', options),
}

export const callKinds: readonly CallKind[] = ['get', 'put', 'put ifAbsent', 'list', 'delete']
