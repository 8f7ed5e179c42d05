import type {
  CallOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StorageCapabilities,
  StoredObject,
} from './storage-adapter.ts'
import type { StorageErrorCode } from './storage-error.ts'

/**
 * What an adapter author writes. `defineStorage` calls it with checked keys and a signal that also
 * carries the deadline; whatever it throws goes through `mapError`, unless it is a `StorageError` already.
 *
 * When the signal fires, the caller has already been answered: a definition then only has to let go of
 * its sockets and files. What it still returns or throws is dropped.
 *
 * All methods MUST reject when the credentials are refused, and when the bucket is missing and no write would make it; MUST
 * NOT take an answer that is not the store's own, such as a proxy's page, for one; MUST NOT throw outside of the promise
 * that they return; and SHOULD make one attempt, because `withRetry` makes the others.
 */
export interface StorageDefinition {
  /** Name for logs and errors, without secrets: `redis://cache-1`. */
  readonly name?: string
  readonly capabilities: StorageCapabilities
  /**
   * MUST resolve with the whole object, and an etag that no other bytes of this key have had or will have.
   * MUST resolve `undefined` when, and only when, the store itself says that the key is absent.
   * MUST NOT resolve with a part of the object, as after a broken connection, nor with parts of two.
   * MUST hand over bytes that it keeps no reference to.
   *
   * With `ifNoneMatch` it SHOULD answer `'not-modified'` when the etag is equal, and MUST NOT otherwise.
   *
   * MUST NOT read on when more than `maximumBytes` have arrived; SHOULD reject as `too-large` before it reads a body that
   * announces more. Whatever is larger when it comes back is refused for it.
   */
  get(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal; readonly maximumBytes: number },
  ): Promise<StoredObject | 'not-modified' | undefined>
  /**
   * MUST store the bytes as a whole or not at all, at any moment that somebody else reads, also after a crash.
   * MUST resolve with the new etag, and only once the bytes are durable and every `get` and `list` that begins later shows them.
   *
   * With `ifAbsent` it MUST leave the choice of the one winner to the store, in the same step as the write, MUST reject as
   * `already-exists` when the key is taken, and MUST NOT look first and write then. MUST NOT say `already-exists` when it
   * may have been its own attempt that took the key: that is `conflict`. It is never called with `ifAbsent` when
   * `capabilities.createOnly` is false.
   *
   * `bytes` are the caller's: MUST NOT change them, and MUST NOT keep them once it has resolved.
   */
  put(
    key: string,
    bytes: Uint8Array,
    options: PutOptions & { readonly ifAbsent: boolean; readonly signal: AbortSignal },
  ): Promise<string>
  /**
   * MUST yield every key that starts with the prefix, each once, in UTF-8 byte order (`compareKeys`), over all pages.
   * MUST NOT take the prefix for a folder's name, and MUST NOT give an empty listing for a missing bucket.
   * SHOULD start after `after`, and MAY ignore `limit`: what is too much is left out for it.
   * Keys that come and go meanwhile MAY be there or not.
   */
  list(prefix: string, options: ListOptions & { readonly signal: AbortSignal }): AsyncIterable<string>
  /** MUST succeed when the key is absent, and resolve only when it is. MUST NOT delete any other key, nor the bucket. */
  delete(key: string, options: CallOptions & { readonly signal: AbortSignal }): Promise<void>
  /**
   * Turns an SDK's error into a code; `undefined` means `unknown`. A message needs no storage, operation or key: they are
   * added. MUST NOT throw, and MUST NOT put credentials or content into the message, which an SDK's own may hold. MUST NOT
   * say `already-exists`, `denied` or another code that is not retryable of a failure that may pass.
   */
  mapError?(error: unknown):
    | StorageErrorCode
    | {
        readonly code: StorageErrorCode
        readonly retryable?: boolean | undefined
        readonly message?: string | undefined
      }
    | undefined
}
