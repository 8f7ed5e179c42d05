import type { Logger } from '@outlast/snapshot'

import { StoreError } from '../store/store-error.ts'
import { AdminError } from './admin-error.ts'

/** As APISIX: 1.5 MiB. */
export const maximumBodyBytes = 1.5 * 1024 * 1024

/** What a client is told of an error. What is not its fault goes to the log as well. */
export function describeError(
  error: unknown,
  { logger, requestId }: { readonly logger: Logger; readonly requestId: string },
): AdminError {
  if (error instanceof AdminError) {
    return error
  }
  const message = error instanceof Error ? error.message : String(error)
  if (StoreError.isInstance(error)) {
    logger.error({ requestId, code: error.code, error: message }, 'the store failed')
    return new AdminError(503, message)
  }
  const statusCode = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (statusCode === 413) {
    return new AdminError(400, `invalid request body: it is greater than the maximum size ${maximumBodyBytes} allowed`)
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new AdminError(statusCode, message)
  }
  logger.error({ requestId, error: message }, 'request failed unexpectedly')
  return new AdminError(500, 'internal error')
}
