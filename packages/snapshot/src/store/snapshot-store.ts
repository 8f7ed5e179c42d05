import type { StorageAdapter, StorageReader } from '@outlast/storage'
import { systemClock, type Clock } from '../clock.ts'
import { domainStore, type DomainStore } from './domain-store.ts'
import type { Domain } from '../entries/entry.ts'
import { layoutOf } from '../format/layout.ts'
import { silentLogger, type Logger } from '../logger.ts'

export interface SnapshotStoreOptions {
  /** Gateway group; one path segment of 1 to 64 letters, digits, dots, dashes and underscores. */
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

/** Opens the snapshots of a group; nothing is read or written yet. Throws `TypeError` when the group's name is not possible. */
export function snapshotStore(options: SnapshotStoreOptions): SnapshotStore {
  const { group, clock = systemClock, logger = silentLogger } = options
  const open = (domain: Domain): DomainStore =>
    domainStore({ group, domain, storage: options[domain], layout: layoutOf(group, domain), clock, logger })
  return { group, name: options.resources.name, resources: open('resources'), instance: open('instance') }
}
