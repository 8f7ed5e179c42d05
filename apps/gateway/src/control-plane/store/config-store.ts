/** Where a key is at one revision. Keys and values are text: keys a slash and printable ASCII, values JSON. */
export interface StoredItem {
  readonly key: string
  readonly value: string
  /** The revision at which the key came into being (again, after a deletion). */
  readonly createRevision: number
  /** The revision of its newest change. */
  readonly modRevision: number
  /** Changes since it came into being, 1 at first. */
  readonly version: number
}

/** Half-open: `from` belongs to it, `to` does not. */
export interface KeySpan {
  readonly from: string
  readonly to: string
}

export interface RangeOptions {
  readonly keys: KeySpan
  /** At most so many items; absent means all. */
  readonly limit?: number | undefined
  /** Reads the state as of this revision. Default: the newest. */
  readonly revision?: number | undefined
  /** Only items changed at or after this revision; `count` stays that of the whole span. */
  readonly minModRevision?: number | undefined
  /** Counts only: `items` is empty and `more` false. */
  readonly countOnly?: boolean | undefined
  /** Every `value` is empty: of many items keys and revisions are read quicker. */
  readonly keysOnly?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RangeResult {
  /** The store's newest revision, also when an older one was read. */
  readonly revision: number
  /** In the order of their keys. */
  readonly items: readonly StoredItem[]
  /** How many keys the span holds. */
  readonly count: number
  /** Whether `limit` left items out. */
  readonly more: boolean
}

export interface TransactionOptions {
  /** All must hold, or nothing happens; at most 127. `modRevision` 0: the key does not exist. */
  readonly compare?: readonly { readonly key: string; readonly modRevision: number }[] | undefined
  /** At most 128, one per key. Deleting what does not exist changes nothing. */
  readonly operations: readonly (
    | { readonly type: 'put'; readonly key: string; readonly value: string }
    | { readonly type: 'delete'; readonly key: string }
  )[]
  readonly signal?: AbortSignal | undefined
}

/** `revision` is the store's newest; after an effective transaction it is the transaction's. */
export type TransactionResult =
  | { readonly status: 'committed'; readonly revision: number }
  | { readonly status: 'conflict'; readonly revision: number }

export type StoreEvent =
  | { readonly type: 'put'; readonly item: StoredItem }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: number }

/**
 * `events`: what happened in the span, whole revisions in order, and those of one revision in the order of their keys; after
 * it nothing up to `revision` is missing.
 * `events` may be empty. `compacted`: history from the wanted revision on is gone; the watch ends, read everything again.
 */
export type WatchBatch =
  | { readonly type: 'events'; readonly revision: number; readonly events: readonly StoreEvent[] }
  | { readonly type: 'compacted'; readonly compactRevision: number }

export interface WatchOptions {
  readonly keys: KeySpan
  /** The first revision to report; one that lies in the future is waited for. */
  readonly startRevision: number
  /** Ends the watch: the iterable returns. */
  readonly signal: AbortSignal
}

/** Decimal numbers, as etcd writes them. */
export interface StoreIdentity {
  /** Given at creation; the same for ever. */
  readonly clusterId: string
  readonly memberId: string
  /** Rises with each opening. */
  readonly term: string
}

/**
 * Versioned keys, shaped like etcd, so that a real etcd cluster can take the embedded store's place.
 * A write is acknowledged only when it is durable. Every call rejects with `StoreError`, or with the signal's reason.
 */
export interface ConfigStore {
  range(options: RangeOptions): Promise<RangeResult>
  transaction(options: TransactionOptions): Promise<TransactionResult>
  /** Holds nothing in memory for a slow consumer: what it has not taken yet stays in the history. */
  watch(options: WatchOptions): AsyncIterable<WatchBatch>
  /** Forgets what was superseded at or before `revision`. */
  compact(options: { readonly revision: number; readonly signal?: AbortSignal | undefined }): Promise<void>
  revision(options?: { readonly signal?: AbortSignal | undefined }): Promise<number>
  identity(options?: { readonly signal?: AbortSignal | undefined }): Promise<StoreIdentity>
  /** Ends all watches. */
  close(): Promise<void>
}

/** Every key there can be. */
export const everything: KeySpan = { from: '/', to: '0' }

/** Every key that begins with `prefix`, which must not be empty. */
export function prefixSpan(prefix: string): KeySpan {
  if (prefix === '') {
    throw new RangeError('A prefix must not be empty')
  }
  return {
    from: prefix,
    to: prefix.slice(0, -1) + String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1),
  }
}

/** That one key. */
export function keySpan(key: string): KeySpan {
  return { from: key, to: `${key}\0` }
}
