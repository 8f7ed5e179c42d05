import { StoreError } from './store-error.ts'

/** SQLite's primary result codes that mean something to an operator. */
const busy = 5
const corrupt = 11
const full = 13
const notADatabase = 26

/** Turns whatever SQLite or the file system threw into a `StoreError` that names the file. */
export function mapSqliteError(error: unknown, path: string): StoreError {
  if (StoreError.isInstance(error)) {
    return error
  }
  const cause = error instanceof Error ? error : new Error(String(error))
  const resultCode = 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined
  const systemCode = 'code' in cause ? cause.code : undefined
  if (resultCode === busy) {
    return new StoreError('in-use', `${path} is in use by another process`, { cause })
  }
  if (resultCode === notADatabase) {
    return new StoreError('not-a-store', `${path} is not a configuration store`, { cause })
  }
  if (resultCode === full || systemCode === 'ENOSPC') {
    return new StoreError('no-space', `No space left for ${path}`, { cause })
  }
  if (resultCode === corrupt) {
    return new StoreError('unavailable', `${path} is damaged (${cause.message}): restore it from a backup`, { cause })
  }
  return new StoreError('unavailable', `${path} cannot be used: ${cause.message}`, { cause })
}
