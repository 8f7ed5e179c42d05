/** One stored object. */
export interface StoredObject {
  /** Belongs to whoever called `get`: the adapter keeps no reference, so changing it changes nothing stored. */
  readonly bytes: Uint8Array
  /** Opaque version tag; equal tags mean equal bytes. Pass it back as `ifNoneMatch`. */
  readonly etag: string
}

/** No store of Outlast holds a larger object: 256 MiB. `put` refuses more, and so does `get`, with `too-large`. */
export const maximumObjectBytes: number = 256 * 2 ** 20

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface GetOptions extends CallOptions {
  /** Answer `'not-modified'` instead of the bytes when the object still has this etag. */
  readonly ifNoneMatch?: string | undefined
  /**
   * Reject with `too-large`, and read no more than needed to know, when the object has more bytes.
   * Default and upper limit: `maximumObjectBytes`.
   */
  readonly maximumBytes?: number | undefined
}

export interface PutOptions extends CallOptions {
  /**
   * Create only: fail with code `already-exists`, and change nothing, when the key is taken.
   * Refused with `unsupported` where `capabilities.createOnly` is false.
   */
  readonly ifAbsent?: boolean | undefined
}

export interface ListOptions extends CallOptions {
  /** Only keys that sort after this one (UTF-8 byte order); need not exist itself. */
  readonly after?: string | undefined
  /** At most this many keys. */
  readonly limit?: number | undefined
}

export interface StorageCapabilities {
  /** `put` with `ifAbsent` is atomic: of any number of concurrent creators exactly one succeeds. */
  readonly createOnly: boolean
}

/** The read half of a store: all that a data plane needs, and the least access policy. */
export interface StorageReader {
  /** What the store is called in logs and errors, without secrets: `s3://bucket/prefix`. */
  readonly name: string
  /**
   * The whole object; `undefined` when the key is absent (a missing bucket is an error). Rejects with `too-large` rather
   * than give, or read, more than `maximumBytes`: whoever knows how large an object may be should say so.
   */
  get(key: string, options?: GetOptions & { readonly ifNoneMatch?: undefined }): Promise<StoredObject | undefined>
  get(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  /**
   * Keys that start with `prefix` (which may be empty, or end in the middle of a name), in UTF-8 byte order.
   * Keys that the contract's rules do not allow, such as the `folder/` markers of some consoles, are left out. Keys that
   * come and go while it runs may be there or not. The deadline is that of a step, and begins when a key is asked for.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<string>
}

/**
 * Bytes in, bytes out, for one bucket or folder. Made by `defineStorage`, which gives every adapter
 * deadlines, signals and key checks.
 *
 * A key is 1 to 900 bytes of UTF-8, made of segments joined by `/`. No segment is empty, `.` or `..`, and
 * a key has no control characters and no backslash. Keys that differ in a single byte are different keys.
 *
 * All methods reject with a `StorageError`, or with the reason of an aborted signal. Arguments that the
 * types forbid are a `TypeError`. Nothing is retried (`withRetry` does that), and nothing is cached.
 */
export interface StorageAdapter extends StorageReader {
  readonly capabilities: StorageCapabilities
  /**
   * Stores the bytes as a whole or not at all, and resolves with the new etag once they are durable and everybody reads
   * them. Rejects with `already-exists`, `unsupported`, `too-large` or `no-space` when nothing was stored.
   *
   * The bytes are not copied: the caller MUST NOT change them before the call has ended, and after `timeout` or an abort
   * never again, because an abandoned write may still be reading them. After these, and after `unavailable` and `conflict`,
   * the outcome is unknown: the write may still take effect later.
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<string>
  /** Idempotent: deleting an absent key succeeds. */
  delete(key: string, options?: CallOptions): Promise<void>
}
