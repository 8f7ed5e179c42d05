/** A failure that the user can mend: shown as one sentence, without a stack trace, with a non-zero exit code. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: number

  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: number | undefined }) {
    super(message, options)
    this.exitCode = options?.exitCode ?? 1
  }
}
