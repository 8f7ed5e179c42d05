/** What an error of the SDK says about itself. */
export interface AzureFailure {
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined
  /** The service's error code (`BlobNotFound`), Node's (`ECONNREFUSED`), or the error's name. */
  readonly code: string
}

export function azureFailure(error: unknown): AzureFailure {
  if (!(error instanceof Error)) return { status: undefined, code: '' }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  // A page that the SDK cannot read says less than the status that came with it.
  const readable = own === 'PARSE_ERROR' && status !== undefined && status >= 400 ? undefined : own
  return { status, code: readable ?? headerCode(error) ?? error.name }
}

/** From `x-ms-error-code`, for an answer without a body. */
function headerCode(error: Error): string | undefined {
  if (!('details' in error) || typeof error.details !== 'object' || error.details === null) return undefined
  const { details } = error
  return 'errorCode' in details && typeof details.errorCode === 'string' ? details.errorCode : undefined
}
