import type { StorageAdapter, StorageReader } from '@outlast/storage'
import type { Clock } from './clock.ts'
import type { Domain, Entry } from './entry.ts'
import type { Logger } from './logger.ts'
import type { Manifest } from './manifest.ts'
import type { Position } from './position.ts'

export interface SnapshotStoreOptions {
  /** Gateway group; one path segment. */
  readonly group: string
  /** Where routes, services, … are kept. A `StorageReader` is enough for a data plane. */
  readonly resources: StorageAdapter | StorageReader
  /** Where keyring and discovery are kept. May be the same store: the layout keeps domains apart. */
  readonly instance: StorageAdapter | StorageReader
  readonly clock?: Clock | undefined
  readonly logger?: Logger | undefined
}

/** All snapshots of one gateway group. */
export interface SnapshotStore {
  readonly group: string
  /** For logs and status. */
  readonly name: string
  readonly resources: DomainStore
  readonly instance: DomainStore
}

/** What a publisher wants to commit. */
export interface SnapshotDraft {
  readonly entries: readonly Entry[]
  readonly position: Position
  readonly source: { readonly identity: string }
  readonly needs?: Manifest['needs']
}

export type PublishResult =
  | {
      readonly status: 'published'
      readonly manifest: Manifest
      readonly uploadedBytes: number
      readonly uploadedParts: number
      readonly reusedParts: number
    }
  /** The newest snapshot has this content already; only the heartbeat was written. */
  | { readonly status: 'unchanged'; readonly manifest: Manifest }
  /** Another publisher took the number. Begin again: read the base, then the source. */
  | { readonly status: 'lost' }
  /** The draft stands behind its base, and would take readers back. */
  | { readonly status: 'refused'; readonly reason: 'position-behind-base' }

/** A publication that knows its base. Load the source only after this was begun. */
export interface Publication {
  readonly base: Manifest | undefined
  publish(draft: SnapshotDraft, options?: { readonly signal?: AbortSignal | undefined }): Promise<PublishResult>
}

/** The newest commit, and what the head's heartbeat says about it. */
export interface LatestSnapshot {
  readonly manifest: Manifest
  /** Milliseconds since the Unix epoch when an exporter last looked at the source; `undefined` without a readable head. */
  readonly checkedAt?: number | undefined
  /** … and last found it equal to this snapshot. Staleness counts from here. */
  readonly matchedAt?: number | undefined
  readonly matchedRevision?: number | undefined
  /** Why the exporter refuses to publish, when it does. */
  readonly held?: string | undefined
}

/** A verified configuration in memory. */
export interface Snapshot {
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
}

/** The snapshots of one group and domain. */
export interface DomainStore {
  readonly domain: Domain
  /** Reads the base. Rejects when the store is read-only or does not enforce create-only writes. */
  begin(options?: { readonly signal?: AbortSignal | undefined }): Promise<Publication>
  /** The newest committed snapshot's verified manifest, never older than what this object returned before. */
  latest(options?: { readonly signal?: AbortSignal | undefined }): Promise<LatestSnapshot | undefined>
  /**
   * Fetches and verifies every part. With `reuse`, only parts that it lacks are fetched.
   * Rejects with `SnapshotError`: `damaged`, `not-found`, `not-yet` (parts have not arrived), `unsupported-version`.
   */
  load(
    snapshot: Manifest | number,
    options?: { readonly reuse?: Snapshot | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Snapshot>
  /** Verified manifests, newest first; damaged ones are left out and logged. */
  history(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Manifest>
  /** Records in the head that the exporter looked, and why it holds when it does. */
  heartbeat(
    beat: { readonly matchedRevision?: number | undefined; readonly held?: string | undefined },
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>
  /** Deletes what retention no longer keeps. Never the newest snapshot or a part that a kept manifest names. */
  prune(options: {
    readonly keep: number
    readonly graceMs?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<{ readonly manifests: number; readonly parts: number }>
}

export declare function snapshotStore(options: SnapshotStoreOptions): SnapshotStore
