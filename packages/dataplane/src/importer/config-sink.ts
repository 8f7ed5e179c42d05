import type { Entry, EntryRef, Position } from '@outlast/snapshot'

/** Names one complete configuration. */
export interface ConfigVersion {
  readonly position: Position
  /** Digest over content: equal digests mean equal configurations. */
  readonly digest: string
}

/** What turns the configuration in effect into the next one. Both domains in one list: instance entries first. */
export interface ConfigChange {
  readonly upserted: readonly Entry[]
  readonly removed: readonly EntryRef[]
  readonly version: ConfigVersion
}

/** Where configuration takes effect. */
export interface ConfigSink {
  /** Why this entry cannot be used, or `undefined`. Such an entry is quarantined while its last good version stays. Must not throw. */
  validate(entry: Entry): string | undefined
  /** Takes effect as a whole, or rejects and changes nothing. Calls never overlap. */
  apply(change: ConfigChange): Promise<void>
}
