import type { Clock, ConfigSource, Logger, ProtectionOf, SealingKey, SnapshotStore } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import type { ConfigSink } from './config-sink.ts'
import type { DataPlaneControl } from './data-plane-control.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import type { NodeNote } from './node-note.ts'
import type { DataPlanePace } from './pace.ts'

/** Where configuration comes from; can be replaced while running. */
export interface DataPlaneSources {
  /** The control plane to follow. Without one the node is in standalone mode. */
  readonly live?: ConfigSource | undefined
  /** Remote snapshot stores; the highest verified position among them wins. */
  readonly stores: readonly SnapshotStore[]
}

export interface PoisonOptions {
  /** Where this node alone remembers, across the death of its process, what was taking effect then. */
  readonly note: NodeNote
  /** Names what runs. After a change of it everything is tried again. Default: always the same. */
  readonly build?: string | undefined
}

export interface DataPlaneOptions extends DataPlaneSources, DataPlanePace {
  /** Gateway group of the local store. Default: the first store's, else `default`. */
  readonly group?: string | undefined
  /** Where the last good configurations are kept on this node. */
  readonly local?: StorageAdapter | undefined
  /**
   * How fields of resources are encrypted, by their instance configuration. Stores are read with it and the local one is
   * written with it. Without it nothing is encrypted, and entries that somebody else has encrypted are quarantined.
   */
  readonly fields?: ProtectionOf | undefined
  /** Seal the instance configuration in the local store, which holds the keys of the fields: the first one seals, all open. */
  readonly localSealingKeys?: readonly SealingKey[] | undefined
  readonly sink: ConfigSink
  /**
   * Pass over a configuration that has killed the process twice in a row while it took effect, and for a second after, and
   * keep copies in `local` only of what has lived longer. Without it such a configuration is tried at every start.
   */
  readonly poison?: PoisonOptions | undefined
  /** Where this node remembers what operators have ordered. Without it orders end with the process. */
  readonly orders?: NodeNote | undefined
  /**
   * Where this node remembers below which position it does not read a store, so that nobody who can write to the store can
   * take it back. Without it there are no floors.
   */
  readonly floors?: NodeNote | undefined
  /** How long a start waits for the live source before it takes a snapshot. Default 2,000 ms. */
  readonly bootTimeoutMs?: number | undefined
  /** How often stores are asked, in every mode. Default 10,000 ms. */
  readonly pollIntervalMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Source of jitter, from 0 to less than 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

export interface DataPlane {
  /**
   * Resolves when a complete configuration is in effect; keeps trying, and keeps the process alive, until then.
   * Rejects only when it is aborted or stopped before. The signal ends the data plane like `stop`, also later.
   */
  start(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Ends all following, lets an apply in flight end, and writes the local copy. What is in effect stays in effect. */
  stop(): Promise<void>
  /**
   * Follows other sources from now on; the configuration in effect stays until they have a better one. A pace that is not
   * given stays as it is. Throws `RangeError` when one is out of range, and then nothing has changed.
   */
  reconfigure(changes: DataPlaneSources & DataPlanePace): void
  status(): DataPlaneStatus
  /** What operators can order. */
  readonly control: DataPlaneControl
}
