import type { Clock } from '@outlast/snapshot'

/** Last attempt, last success, last error. Times are milliseconds since the Unix epoch. */
export interface Attempts {
  readonly lastAttemptAt?: number | undefined
  readonly lastSuccessAt?: number | undefined
  /** Kept after it has passed: compare its time with `lastSuccessAt`. */
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
}

export interface AttemptRecord {
  attempted(): void
  succeeded(): void
  failed(message: string): void
  read(): Attempts
}

export function attemptRecord(clock: Clock): AttemptRecord {
  let current: Attempts = {}
  return {
    attempted: () => {
      current = { ...current, lastAttemptAt: clock.now() }
    },
    succeeded: () => {
      current = { ...current, lastSuccessAt: clock.now() }
    },
    failed: (message) => {
      current = { ...current, lastError: { at: clock.now(), message } }
    },
    read: () => current,
  }
}
