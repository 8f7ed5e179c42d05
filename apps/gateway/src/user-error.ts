/** A failure that the user can mend: shown as one sentence, without a stack trace, with a non-zero exit code. */
export class UserError extends Error {
  override readonly name = 'UserError'
}
