import type { Clock, Domain } from '@outlast/snapshot'
import { domains } from './domains.ts'
import type { CycleResult } from './export-cycle.ts'

/** Last attempt, last success, active revision, last error. Times are milliseconds since the Unix epoch. */
export interface ExporterStatus {
  readonly running: boolean
  readonly lastAttemptAt?: number | undefined
  /** When the backup last was equal to the source. */
  readonly lastSuccessAt?: number | undefined
  /** Kept after it has passed: compare its time with `lastSuccessAt`. */
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
  readonly nextRunAt?: number | undefined
  /** What should be known about how secrets are stored, such as that nothing encrypts them. */
  readonly warning?: string | undefined
  readonly domains: Readonly<
    Record<
      Domain,
      {
        /** The newest snapshot. */
        readonly sequence?: number | undefined
        /** The source revision that it was last found equal to. */
        readonly revision?: number | undefined
        readonly held?: string | undefined
      }
    >
  >
}

/** Collects what `status()` tells. */
export interface StatusRecord {
  attempted(): void
  ended(result: Exclude<CycleResult, { status: 'lost' }>): void
  failed(message: string): void
  read(): Pick<ExporterStatus, 'lastAttemptAt' | 'lastSuccessAt' | 'lastError' | 'warning' | 'domains'>
}

export function statusRecord(clock: Clock): StatusRecord {
  let current: ReturnType<StatusRecord['read']> = { domains: { instance: {}, resources: {} } }
  return {
    attempted: () => {
      current = { ...current, lastAttemptAt: clock.now() }
    },
    failed: (message) => {
      current = { ...current, lastError: { at: clock.now(), message } }
    },
    ended: ({ status, state, outcome }) => {
      const next = { ...current.domains }
      for (const domain of domains) {
        const result = outcome[domain]
        if (result.status === 'held') next[domain] = { ...next[domain], held: result.reason }
        else if (result.status === 'empty') next[domain] = {}
        else next[domain] = { sequence: result.manifest.sequence, revision: state.revision }
      }
      const { warning } = state.fields
      current = { ...current, warning, domains: next, ...(status === 'done' ? { lastSuccessAt: clock.now() } : {}) }
    },
    read: () => current,
  }
}
