import type { Domain, Position } from '@outlast/snapshot'
import type { DataPlaneMode } from './mode.ts'
import type { Orders } from './orders.ts'
import type { PaceInForce } from './pace.ts'

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
  /** What is held, when an operator of this node may `accept` it. */
  readonly acceptable?: { readonly identity: string; readonly revision: number; readonly digest: string } | undefined
  /** The pace in force. */
  readonly pace: PaceInForce
  /** What takes effect next, and has to wait until `dueAt` because of `pace.applyDelayMs`. `seenAt`: when it was first seen. */
  readonly delayed?:
    | {
        readonly source: string
        readonly position: Position
        readonly digest: string
        readonly seenAt: number
        readonly dueAt: number
      }
    | undefined
  /** Below which position each store is not read, and when that rose the last time; empty without a note for floors. */
  readonly floors: readonly { readonly store: string; readonly position: Position; readonly raisedAt: number }[]
  /** Why floors could not be read, or would not outlive the process; gone once they would. */
  readonly floorsError?: { readonly at: number; readonly message: string } | undefined
  /** What operators have ordered; empty when the node acts by itself. */
  readonly orders: Orders
  /** Why the pinned snapshot is not in effect: it was not found. */
  readonly pinError?: string | undefined
  /** Why orders could not be read, or would not outlive the process; gone once they would. */
  readonly ordersError?: { readonly at: number; readonly message: string } | undefined
  /** Why the sink refused the last configuration that it was handed; gone once it takes one. */
  readonly applyError?: { readonly at: number; readonly message: string } | undefined
  /**
   * Configurations that are passed over because the process died while they took effect: how often in a row, when it last
   * began, and when they are tried again.
   */
  readonly poisoned: readonly {
    readonly digest: string
    readonly deaths: number
    readonly at: number
    readonly retryAt: number
  }[]
  /** Why this node's own copies could not be read or written the last time; gone once they can. */
  readonly localCopyError?: { readonly at: number; readonly message: string } | undefined
  /** Why a configuration that kills the process would not be remembered; gone once it would. */
  readonly poisonNoteError?: { readonly at: number; readonly message: string } | undefined
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
