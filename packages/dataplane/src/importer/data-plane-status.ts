import type { Domain, Position } from '@outlast/snapshot'
import type { DataPlaneMode } from './mode.ts'

/** What one source last said. Times are milliseconds since the Unix epoch. */
export interface SourceReport {
  readonly name: string
  readonly lastAttemptAt?: number | undefined
  readonly lastSuccessAt?: number | undefined
  readonly lastError?: { readonly at: number; readonly message: string } | undefined
}

export interface DataPlaneStatus {
  readonly mode: DataPlaneMode
  /** True once one complete configuration is in effect; losing a source never makes it false. */
  readonly ready: boolean
  /** Name of the source of the configuration in effect. */
  readonly source?: string | undefined
  readonly position?: Position | undefined
  readonly digest?: string | undefined
  readonly appliedAt?: number | undefined
  /** When the configuration in effect was last known to equal its source. */
  readonly matchedAt?: number | undefined
  /** Why the node does not follow the live source although it answers. */
  readonly held?: string | undefined
  /** Why the sink refused the last configuration that it was handed; gone once it takes one. */
  readonly applyError?: { readonly at: number; readonly message: string } | undefined
  /** Entries that the sink cannot use, or that cannot be decrypted; their last good version stays in effect where there is one. */
  readonly quarantined: readonly {
    readonly domain: Domain
    readonly kind: string
    readonly id: string
    readonly reason: string
  }[]
  readonly sources: {
    readonly live?: SourceReport | undefined
    readonly stores: readonly SourceReport[]
    readonly local?: SourceReport | undefined
  }
}
