import type { StorageAdapter, StorageReader } from '@outlast/storage'
import type { Clock } from '../clock.ts'
import type { Domain } from '../entries/entry.ts'
import type { Layout } from '../format/layout.ts'
import type { Logger } from '../logger.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** What every piece of a domain store works with. */
export interface DomainContext {
  readonly group: string
  readonly domain: Domain
  readonly storage: StorageAdapter | StorageReader
  readonly layout: Layout
  readonly clock: Clock
  readonly logger: Logger
}

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** The store's writing half. Throws `read-only` when there is none. */
export function writable(context: DomainContext): StorageAdapter {
  const { storage } = context
  if ('put' in storage) return storage
  throw new SnapshotError('read-only', `${storage.name} was opened for reading`)
}
