/**
 * - `unavailable`: not reachable, silent, or failing
 * - `denied`: credentials are missing or wrong
 * - `invalid-response`: the answer makes no sense
 */
export type SourceErrorCode = 'unavailable' | 'denied' | 'invalid-response'

const brand = Symbol.for('@outlast/snapshot/SourceError')

/** The one error of configuration sources. The message never holds credentials or content. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly code: SourceErrorCode

  constructor(code: SourceErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    Object.defineProperty(this, brand, { value: true })
    this.code = code
  }

  static isInstance(error: unknown): error is SourceError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
