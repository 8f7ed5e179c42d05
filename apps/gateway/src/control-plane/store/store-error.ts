/**
 * - `in-use`: another process has the store open
 * - `not-a-store`: the file is something else, or was written by a newer version
 * - `compacted`: the wanted revision is gone
 * - `future-revision`: the wanted revision does not exist yet
 * - `invalid-argument`: the call breaks the contract's rules
 * - `no-space`: the disk is full; nothing was written
 * - `unavailable`: the disk failed, the etcd does not answer, or the store is closed; the outcome of a write is unknown
 * - `replaced`: the etcd is another one than before, and nothing that was read of the store can be relied on
 */
export type StoreErrorCode =
  | 'in-use'
  | 'not-a-store'
  | 'compacted'
  | 'future-revision'
  | 'invalid-argument'
  | 'no-space'
  | 'unavailable'
  | 'replaced'

const brand = Symbol.for('outlast/StoreError')

/** The one error of the control plane's store. The message never holds configuration content. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    Object.defineProperty(this, brand, { value: true })
    this.code = code
  }

  static isInstance(error: unknown): error is StoreError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
