import { SourceError } from '@outlast/snapshot'

/** Whatever a request throws, as the one error of sources, with the endpoint's name. The cause keeps the details. */
export function sourceErrorOf(error: unknown, endpoint: string): SourceError {
  const code = SourceError.isInstance(error) ? error.code : 'unavailable'
  return new SourceError(code, `${endpoint}: ${reason(error)}`, { cause: error })
}

function reason(error: unknown): string {
  // A host with several addresses gives an AggregateError without a message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0])
  return error instanceof Error && error.message !== '' ? error.message : 'the connection failed'
}
