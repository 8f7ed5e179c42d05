/** No token could be had. The cause says why; it may hold what must not be repeated. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  /** What is wrong with what the operator gave us, in words that may be shown. */
  readonly problem: string | undefined

  constructor(options: { readonly problem?: string; readonly cause?: unknown }) {
    super(options.problem ?? 'no token could be had', { cause: options.cause })
    this.problem = options.problem
  }
}
