import type { Clock, ConfigSource, Domain, EntryChanges, Logger, Manifest, SnapshotStore } from '@outlast/snapshot'

export interface ExporterOptions {
  readonly store: SnapshotStore
  readonly source: ConfigSource
  /** robfig/cron grammar: `@every 1m`, `@hourly`, five or six fields, `CRON_TZ=…`; or an interval. */
  readonly schedule: string | { readonly everyMs: number }
  /** Quiet time after a change before it is exported. Default 100 ms; a burst is exported at most this long times ten after its start. */
  readonly debounceMs?: number | undefined
  /** Called once whenever the exporter begins to hold, or holds for another reason. */
  readonly onHeld?:
    | ((held: {
        readonly reason: string
        readonly domain: Domain
        readonly diff: EntryChanges & { readonly summary: string }
      }) => void)
    | undefined
  readonly onPublished?: ((published: { readonly domain: Domain; readonly manifest: Manifest }) => void) | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

export type DomainOutcome =
  | { readonly status: 'published'; readonly manifest: Manifest }
  | { readonly status: 'unchanged'; readonly manifest: Manifest }
  /** The guard refuses to replace a good backup. */
  | { readonly status: 'held'; readonly reason: string }
  /** The source has never had any content, and neither has the store. */
  | { readonly status: 'empty' }

export interface ExportOutcome {
  readonly instance: DomainOutcome
  readonly resources: DomainOutcome
}

/** Last attempt, last success, active revision, last error. Times are milliseconds since the Unix epoch. */
export interface ExporterStatus {
  readonly running: boolean
  readonly lastAttemptAt?: number | undefined
  readonly lastSuccessAt?: number | undefined
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
  readonly nextRunAt?: number | undefined
  readonly domains: Readonly<
    Record<
      Domain,
      {
        readonly sequence?: number | undefined
        readonly revision?: number | undefined
        readonly held?: string | undefined
      }
    >
  >
}

export interface Exporter {
  /** Exports at once, then on schedule and on change, until the signal or `stop`. Resolves when the first attempt has ended, well or not. */
  start(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Lets the cycle in flight end, then stops. */
  stop(): Promise<void>
  /** Asks for an export soon (debounced). */
  trigger(): void
  /** One cycle now. Rejects with `StorageError`, `SnapshotError` or `SourceError`. */
  exportOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<ExportOutcome>
  status(): ExporterStatus
}

export declare function createExporter(options: ExporterOptions): Exporter
