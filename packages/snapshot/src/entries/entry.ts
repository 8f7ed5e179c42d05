/** Any JSON value. Numbers must be finite; what does not fit a double must travel as a string. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** Names one item of a configuration. `kind` holds no `/`; `id` may (`jack/credentials/key-1`). */
export interface EntryRef {
  readonly kind: string
  readonly id: string
}

/** One item of a configuration. The format does not look into `value`: unknown kinds and fields are kept as they are. */
export interface Entry extends EntryRef {
  readonly value: JsonValue
}

/** `resources`: routes, services, …; `instance`: what resources need to be usable (keyring, discovery). */
export type Domain = 'resources' | 'instance'

/** A complete configuration of one gateway group. */
export interface Configuration {
  readonly resources: readonly Entry[]
  readonly instance: readonly Entry[]
}

/** What turns one set of entries into another. */
export interface EntryChanges {
  readonly upserted: readonly Entry[]
  readonly removed: readonly EntryRef[]
}

/** `kind/id`: unique within a configuration's domain, and the order of entries in a part. */
export function entryKey(entry: EntryRef): string {
  return `${entry.kind}/${entry.id}`
}
