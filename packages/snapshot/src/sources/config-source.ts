import type { Configuration, EntryChanges } from '../entries/entry.ts'

/** A complete configuration as the source had it at one revision. */
export interface SourceState extends Configuration {
  /** Identity of the source's lineage, stable across restarts: an etcd cluster id, a name. */
  readonly identity: string
  /** The source's own counter; never falls within one lineage. A safe integer. */
  readonly revision: number
}

/** `change` follows the state before it; `progress` says that nothing changed up to `revision`; `state` replaces everything. */
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
