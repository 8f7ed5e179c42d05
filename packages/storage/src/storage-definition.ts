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
 */
export interface StorageDefinition {
  /** Name for logs and errors, without secrets: `redis://cache-1`. */
  readonly name?: string
  readonly capabilities: StorageCapabilities
  /**
   * MUST resolve `undefined` only when the store itself says that the key is absent; a missing bucket
   * or a proxy's 404 MUST reject. MUST NOT resolve with a part of the object. MUST hand over bytes that it
   * keeps no reference to. With `ifNoneMatch` it SHOULD answer `'not-modified'` when the etag is equal.
   *
   * SHOULD reject as `too-large` before it reads a body that announces more than `maximumBytes`; whatever comes back
   * larger is refused for it.
   */
  get(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal; readonly maximumBytes: number },
  ): Promise<StoredObject | 'not-modified' | undefined>
  /**
   * MUST be all or nothing, MUST resolve only when durable, MUST reject as `already-exists` when `ifAbsent`
   * finds the key. `bytes` is the definition's own copy, which nobody else changes. Resolves with the new etag.
   */
  put(
    key: string,
    bytes: Uint8Array,
    options: PutOptions & { readonly ifAbsent: boolean; readonly signal: AbortSignal },
  ): Promise<string>
  /**
   * MUST yield every key with the prefix, each once, in UTF-8 byte order (`compareKeys`); a missing bucket
   * MUST reject. SHOULD start after `after`, and MAY ignore `limit`: what is too much is left out for it.
   */
  list(prefix: string, options: ListOptions & { readonly signal: AbortSignal }): AsyncIterable<string>
  /** MUST succeed when the key is absent; a missing bucket MUST reject. */
  delete(key: string, options: CallOptions & { readonly signal: AbortSignal }): Promise<void>
  /**
   * Turns an SDK error into a code; `undefined` means `unknown`. A message needs no storage, operation or key:
   * they are added. MUST NOT throw.
   */
  mapError?(
    error: unknown,
  ):
    | StorageErrorCode
    | { readonly code: StorageErrorCode; readonly retryable?: boolean; readonly message?: string }
    | undefined
}
