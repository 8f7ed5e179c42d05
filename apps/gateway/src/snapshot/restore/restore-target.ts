import type { Entry, EntryRef, JsonValue } from '@outlast/snapshot'

/** What is done to one entry of a target. */
export type TargetChange =
  | { readonly type: 'create' | 'replace'; readonly entry: Entry }
  | { readonly type: 'remove'; readonly entry: EntryRef }

/** An entry that the target did not take, and why; the reason quotes no configuration. */
export interface Refusal extends EntryRef {
  readonly reason: string
}

/** Something that a configuration can be written back to. Calls reject with `UserError`, or with the signal's reason. */
export interface RestoreTarget {
  /** For people, without secrets. */
  readonly name: string
  /** Everything of the configuration that it holds, in the form that `comparable` gives. Writes nothing. */
  load(options: { readonly wanted: readonly Entry[]; readonly signal: AbortSignal }): Promise<readonly Entry[]>
  /** The entry as `load` would give it back. */
  comparable(entry: Entry): Entry
  /** Whether `load` leaves out part of such an entry, so that nobody can tell whether it is the same. */
  hides(entry: EntryRef): boolean
  /** Whether `found` is what comes of putting `wanted`, although they differ. */
  accepts(found: JsonValue, wanted: JsonValue): boolean
  /**
   * Makes the changes in this order, as the last `load` has prepared them. Resolves with what the target refuses; all
   * the others are done then.
   */
  apply(
    changes: readonly TargetChange[],
    options: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
  ): Promise<readonly Refusal[]>
  close(): Promise<void>
}
