import type { StoredObject } from './storage-adapter.ts'
import { StorageError, type StorageErrorCode } from './storage-error.ts'

/**
 * How a call ended, for counters and traces: `ok`; of a `get` also `absent` and `not-modified`; `aborted` when it ended
 * with its signal; otherwise the error's code.
 */
export type StorageOutcome = 'ok' | 'absent' | 'not-modified' | 'aborted' | StorageErrorCode

export interface CallEnd {
  readonly outcome: StorageOutcome
  /** Of the object that was read or written; 0 when none was. */
  readonly bytes: number
}

/** The end of a call that resolved without bytes. */
export const succeeded: CallEnd = { outcome: 'ok', bytes: 0 }

/** How a `get` ended that resolved with this. */
export function endOfGet(object: StoredObject | 'not-modified' | undefined): CallEnd {
  if (object === undefined) return { outcome: 'absent', bytes: 0 }
  if (object === 'not-modified') return { outcome: 'not-modified', bytes: 0 }
  return { outcome: 'ok', bytes: object.bytes.byteLength }
}

/** How a call ended that rejected with this. */
export function endOfFailure(error: unknown, signal: AbortSignal | undefined): CallEnd {
  if (signal?.aborted === true && error === signal.reason) return { outcome: 'aborted', bytes: 0 }
  return { outcome: StorageError.isInstance(error) ? error.code : 'unknown', bytes: 0 }
}
