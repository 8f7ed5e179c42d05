/** What an error of the SDK says about itself. */
export interface S3Failure {
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined
  /** S3's error code (`NoSuchKey`), the SDK's error name (`CredentialsProviderError`), or Node's error code (`ECONNREFUSED`). */
  readonly code: string
}

export function s3Failure(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { status: undefined, code: '' }
  const nodeCode = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { status: httpStatus(error), code: nodeCode ?? error.name }
}

function httpStatus(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return undefined
  const { $metadata } = error
  return 'httpStatusCode' in $metadata && typeof $metadata.httpStatusCode === 'number'
    ? $metadata.httpStatusCode
    : undefined
}
