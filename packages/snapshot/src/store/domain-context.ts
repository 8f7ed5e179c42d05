import type { StorageAdapter, StorageReader } from '@outlast/storage'
import type { Clock } from '../clock.ts'
import type { Domain } from '../entries/entry.ts'
import type { Layout } from '../format/layout.ts'
import type { Logger } from '../logger.ts'
import type { Sealers } from '../sealing/sealers.ts'
import type { Signer, TrustedKey } from '../signing/signer.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** What every piece of a domain store works with. */
export interface DomainContext {
  readonly group: string
  readonly domain: Domain
  readonly storage: StorageAdapter | StorageReader
  readonly layout: Layout
  readonly clock: Clock
  readonly logger: Logger
  /** Signs manifests and heads, where there is one. */
  readonly signer?: Signer | undefined
  /** Whose manifests and heads are believed; everybody's, when absent. */
  readonly trustedKeys?: readonly TrustedKey[] | undefined
  /** Who seals parts, where they are sealed, and opens them. */
  readonly sealers: Sealers
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
