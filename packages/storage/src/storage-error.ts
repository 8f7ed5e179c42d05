/**
 * What went wrong, for programs to act on.
 *
 * - `already-exists`: `put` with `ifAbsent` found the key taken
 * - `bucket-not-found`: the bucket, container or folder does not exist
 * - `denied`: credentials are missing, wrong, expired, or lack the permission
 * - `throttled`: the store asks to slow down
 * - `timeout`: the deadline passed; the outcome of a write is unknown
 * - `unavailable`: not reachable, or a server-side failure; the outcome of a write is unknown
 * - `conflict`: a concurrent write got in the way; the outcome is unknown, read again
 * - `invalid-key`: the key breaks the contract's rules
 * - `invalid-response`: the answer is not one that a store of this kind gives (a proxy's page, a torn body)
 * - `no-space`: the store is full
 * - `too-large`: the object has more bytes than the call allows, or than the contract does
 * - `unsupported`: an option that the adapter does not declare
 * - `unknown`: none of these
 */
export type StorageErrorCode =
  | 'already-exists'
  | 'bucket-not-found'
  | 'denied'
  | 'throttled'
  | 'timeout'
  | 'unavailable'
  | 'conflict'
  | 'invalid-key'
  | 'invalid-response'
  | 'no-space'
  | 'too-large'
  | 'unsupported'
  | 'unknown'

/** The four things a store does. */
export type StorageOperation = 'get' | 'put' | 'list' | 'delete'

const retryableCodes: ReadonlySet<StorageErrorCode> = new Set([
  'throttled',
  'timeout',
  'unavailable',
  'conflict',
  'invalid-response',
])

// `instanceof` fails across duplicate copies of this package; a registered symbol does not.
const brand = Symbol.for('@outlast/storage/StorageError')

export interface StorageErrorOptions {
  readonly code: StorageErrorCode
  readonly message: string
  readonly operation?: StorageOperation | undefined
  /** The key, or the prefix of a listing. */
  readonly key?: string | undefined
  /** The adapter's name. */
  readonly storage?: string | undefined
  /** Overrides what the code implies. */
  readonly retryable?: boolean | undefined
  readonly cause?: unknown
}

/** The one error of the storage layer. The message never holds credentials or content. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  readonly operation: StorageOperation | undefined
  readonly key: string | undefined
  readonly storage: string | undefined

  constructor(options: StorageErrorOptions) {
    super(options.message, { cause: options.cause })
    Object.defineProperty(this, brand, { value: true })
    this.code = options.code
    this.retryable = options.retryable ?? retryableCodes.has(options.code)
    this.operation = options.operation
    this.key = options.key
    this.storage = options.storage
  }

  static isInstance(error: unknown): error is StorageError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
