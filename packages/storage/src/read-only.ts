import type { StorageAdapter, StorageReader } from './storage-adapter.ts'

/** The read half only: what comes back has no `put` and no `delete`, neither in its type nor at run time. */
export function readOnly(adapter: StorageAdapter): StorageReader {
  return {
    name: adapter.name,
    get: adapter.get.bind(adapter),
    list: adapter.list.bind(adapter),
  }
}
