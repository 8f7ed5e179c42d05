import type {
  CallOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StorageAdapter,
  StorageCapabilities,
  StoredObject,
} from './storage-adapter.ts'
import type { StorageErrorCode } from './storage-error.ts'

/**
 * What an adapter author writes. `defineStorage` calls it with checked keys and a signal that also
 * carries the deadline; whatever it throws goes through `mapError`.
 */
export interface StorageDefinition {
  /** Name for logs and errors, without secrets: `redis://cache-1`. */
  readonly name?: string
  readonly capabilities: StorageCapabilities
  /**
   * MUST resolve `undefined` only when the store itself says that the key is absent; a missing bucket
   * or a proxy's 404 MUST reject. With `ifNoneMatch` it SHOULD answer `'not-modified'` when the etag is equal.
   */
  get(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal },
  ): Promise<StoredObject | 'not-modified' | undefined>
  /** MUST be all or nothing, MUST resolve only when durable, MUST reject as `already-exists` when `ifAbsent` finds the key. */
  put(
    key: string,
    bytes: Uint8Array,
    options: PutOptions & { readonly ifAbsent: boolean; readonly signal: AbortSignal },
  ): Promise<string>
  /** MUST yield every key with the prefix, each once, in UTF-8 byte order, after `after`. MAY ignore `limit`. */
  list(prefix: string, options: ListOptions & { readonly signal: AbortSignal }): AsyncIterable<string>
  /** MUST succeed when the key is absent. */
  delete(key: string, options: CallOptions & { readonly signal: AbortSignal }): Promise<void>
  /** Turns an SDK error into a code; `undefined` means `unknown`. MUST NOT throw. */
  mapError?(
    error: unknown,
  ):
    | StorageErrorCode
    | { readonly code: StorageErrorCode; readonly retryable?: boolean; readonly message?: string }
    | undefined
}

export interface DefineStorageOptions {
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/** Makes a `StorageAdapter` of a definition: key checks, deadlines and signals that really end calls, one error class. */
export declare function defineStorage(definition: StorageDefinition, options?: DefineStorageOptions): StorageAdapter
