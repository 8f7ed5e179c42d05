import type { Clock, ConfigSource, Domain, Logger, Position, SnapshotStore } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import type { ConfigSink } from './config-sink.ts'

/** Where configuration comes from; can be replaced while running. */
export interface DataPlaneSources {
  /** The control plane to follow. Without one the node is in standalone mode. */
  readonly live?: ConfigSource | undefined
  /** Remote snapshot stores; the highest verified position among them wins. */
  readonly stores: readonly SnapshotStore[]
}

export interface DataPlaneOptions extends DataPlaneSources {
  /** Gateway group of the local store. Default: the first store's, else `default`. */
  readonly group?: string | undefined
  /** Where the last good configurations are kept on this node. */
  readonly local?: StorageAdapter | undefined
  readonly sink: ConfigSink
  /** How long a start waits for the live source before it takes a snapshot. Default 2,000 ms. */
  readonly bootTimeoutMs?: number | undefined
  /** How often stores are asked, in every mode. Default 10,000 ms. */
  readonly pollIntervalMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

export type DataPlaneMode = 'starting' | 'live' | 'holding' | 'standalone'

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

export interface DataPlane {
  /** Resolves when a complete configuration is in effect; keeps trying until then. Rejects only when aborted. */
  start(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  stop(): Promise<void>
  /** Follows other sources from now on; the configuration in effect stays until they have a better one. */
  reconfigure(sources: DataPlaneSources): void
  status(): DataPlaneStatus
}

export declare function createDataPlane(options: DataPlaneOptions): DataPlane
