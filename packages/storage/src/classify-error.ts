import type { StorageDefinition } from './storage-definition.ts'
import { StorageError, type StorageErrorCode, type StorageOperation } from './storage-error.ts'

/** Where an error came from. */
export interface Origin {
  readonly storage: string
  readonly operation: StorageOperation
  readonly key: string
}

type ErrorMap = Pick<StorageDefinition, 'mapError'>

/** Makes a `StorageError` that names the storage, operation and key. */
export function storageError(origin: Origin, code: StorageErrorCode, problem: string, cause?: unknown): StorageError {
  return new StorageError({ ...origin, code, message: `${origin.storage}: ${problem}`, cause })
}

/** Turns whatever a definition threw into a `StorageError` that names the storage, operation and key. */
export function classifyError(error: unknown, origin: Origin, definition: ErrorMap): StorageError {
  if (StorageError.isInstance(error)) return withOrigin(error, origin)
  const mapped = askDefinition(error, definition)
  const { code, message, retryable } = typeof mapped === 'object' ? mapped : { code: mapped ?? 'unknown' }
  return new StorageError({
    ...origin,
    code,
    retryable,
    message: `${origin.storage}: ${message ?? `${origin.operation} of "${origin.key}" failed: ${code}${label(error)}`}`,
    cause: error,
  })
}

/** One that names its storage comes from an adapter within this one, and says more than could be said here. */
function withOrigin(error: StorageError, origin: Origin): StorageError {
  if (error.storage !== undefined) return error
  const { code, retryable, message, cause = error } = error
  return new StorageError({ ...origin, code, retryable, message: `${origin.storage}: ${message}`, cause })
}

function askDefinition(error: unknown, definition: ErrorMap): ReturnType<NonNullable<ErrorMap['mapError']>> {
  try {
    return definition.mapError?.(error)
  } catch {
    return undefined // an error map that breaks must not hide the error
  }
}

// An SDK's message may hold credentials or content, so only its short identifier is repeated.
function label(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const identifier: unknown = 'code' in error ? error.code : error.name
  return typeof identifier === 'string' && /^\w{1,64}$/.test(identifier) ? ` (${identifier})` : ''
}
