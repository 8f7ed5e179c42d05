import { endOfGet, succeeded, type CallEnd } from './call-end.ts'
import { overloadedGet } from './overloaded-get.ts'
import type { StorageAdapter } from './storage-adapter.ts'
import type { StorageOperation } from './storage-error.ts'

/** Which call it is. */
export interface CallSubject {
  /** The adapter's name. */
  readonly storage: string
  readonly operation: StorageOperation
  /** The key, or the prefix of a listing. */
  readonly key: string
}

/** A `get`, `put` or `delete` that is to be made. */
export interface WatchedCall<Answer> {
  readonly subject: CallSubject
  readonly signal: AbortSignal | undefined
  readonly run: () => Promise<Answer>
  readonly endOf: (answer: Answer) => CallEnd
}

/** A listing that is to be gone through. */
export interface WatchedListing {
  readonly subject: CallSubject
  readonly signal: AbortSignal | undefined
  readonly keys: AsyncIterable<string>
}

/** Makes the calls of an adapter in its place: each of them once, with nothing changed. */
export interface CallWatcher {
  call<Answer>(call: WatchedCall<Answer>): Promise<Answer>
  listing(listing: WatchedListing): AsyncIterable<string>
}

/** The same adapter, whose calls go through a watcher. */
export function watched(adapter: StorageAdapter, watcher: CallWatcher): StorageAdapter {
  const subject = (operation: StorageOperation, key: string): CallSubject => ({ storage: adapter.name, operation, key })
  return {
    name: adapter.name,
    capabilities: adapter.capabilities,
    get: overloadedGet(async (key, options) =>
      watcher.call({
        subject: subject('get', key),
        signal: options.signal,
        run: async () => adapter.get(key, options),
        endOf: endOfGet,
      }),
    ),
    async put(key, bytes, options) {
      const end: CallEnd = { outcome: 'ok', bytes: bytes.byteLength }
      return watcher.call({
        subject: subject('put', key),
        signal: options?.signal,
        run: async () => adapter.put(key, bytes, options),
        endOf: () => end,
      })
    },
    list: (prefix, options) =>
      watcher.listing({
        subject: subject('list', prefix),
        signal: options?.signal,
        keys: adapter.list(prefix, options),
      }),
    delete: async (key, options) =>
      watcher.call({
        subject: subject('delete', key),
        signal: options?.signal,
        run: async () => adapter.delete(key, options),
        endOf: () => succeeded,
      }),
  }
}
