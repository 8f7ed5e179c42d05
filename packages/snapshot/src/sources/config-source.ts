import type { Configuration, Domain, EntryChanges } from '../entries/entry.ts'

/** A complete configuration as the source had it at one revision. */
export interface SourceState extends Configuration {
  /** Identity of the source's lineage, stable across restarts: an etcd cluster id, a name. */
  readonly identity: string
  /** The source's own counter; never falls within one lineage. A safe integer. */
  readonly revision: number
  /**
   * By `entryKey`, the revision at which the source last modified each entry: how a source that was started anew under
   * its old identity is told from one that went on. Nothing is concluded about entries that it leaves out. A source that
   * alters what it reads leaves out what may have become another value without a modification; one that cannot tell
   * leaves out all of it.
   */
  readonly modified?: Readonly<Record<Domain, ReadonlyMap<string, number>>> | undefined
}

/**
 * `change` follows the state before it; what it upserts was modified after that state, and not after `revision`.
 * `progress` says that nothing changed up to `revision`; `state` replaces everything.
 */
export type SourceUpdate =
  | {
      readonly type: 'change'
      readonly revision: number
      readonly resources: EntryChanges
      readonly instance: EntryChanges
    }
  | { readonly type: 'progress'; readonly revision: number }
  | { readonly type: 'state'; readonly state: SourceState }

/** Something that yields a configuration and its changes. */
export interface ConfigSource {
  /** What the source is called in logs and status, without secrets. */
  readonly name: string
  /** The complete configuration at one revision, never a mixture. Rejects with `SourceError`. */
  load(options?: { readonly signal?: AbortSignal | undefined }): Promise<SourceState>
  /**
   * What changed since `from`; absent when the source can only be polled. Never ends by itself: it throws
   * a `SourceError` when the source is lost (silence included), and is then called again with the newest state's revision.
   */
  watch?(options: {
    readonly from: { readonly identity: string; readonly revision: number }
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<SourceUpdate>
}
