/**
 * - `damaged`: bytes do not match their digest, or an object breaks the format
 * - `not-found`: no such snapshot
 * - `not-yet`: the manifest is there but a part is not (replication is under way, or an object was lost)
 * - `unsupported-version`: written for a newer reader
 * - `unsigned`, `untrusted-key`, `bad-signature`: not signed at all; signed, but by no trusted key; signed by one of
 *   them, but not over these bytes
 * - `wrong-group`, `wrong-domain`, `replayed`: a manifest that was made for another group, domain, or number
 * - `below-floor`: older than what the reader must not go below
 * - `missing-key`: a key that it is sealed or encrypted with is not there
 * - `read-only`: the store was opened for reading
 * - `create-only-not-enforced`: the store ignores preconditions, so publishers could overwrite each other
 * - `limit-exceeded`: an object is larger than the format allows
 */
export type SnapshotErrorCode =
  | 'damaged'
  | 'not-found'
  | 'not-yet'
  | 'unsupported-version'
  | 'unsigned'
  | 'untrusted-key'
  | 'bad-signature'
  | 'wrong-group'
  | 'wrong-domain'
  | 'replayed'
  | 'below-floor'
  | 'missing-key'
  | 'read-only'
  | 'create-only-not-enforced'
  | 'limit-exceeded'

const brand = Symbol.for('@outlast/snapshot/SnapshotError')

/** The one error of the snapshot layer; failures of the store itself stay `StorageError`s. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
  readonly code: SnapshotErrorCode

  constructor(code: SnapshotErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    Object.defineProperty(this, brand, { value: true })
    this.code = code
  }

  static isInstance(error: unknown): error is SnapshotError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
