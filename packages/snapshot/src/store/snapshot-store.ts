import type { StorageAdapter, StorageReader } from '@outlast/storage'
import { systemClock, type Clock } from '../clock.ts'
import { domainStore, type DomainStore } from './domain-store.ts'
import type { Domain } from '../entries/entry.ts'
import { layoutOf } from '../format/layout.ts'
import { silentLogger, type Logger } from '../logger.ts'
import { sealers } from '../sealing/sealers.ts'
import type { SealingKey } from '../sealing/sealing-key.ts'
import type { Signer, TrustedKey } from '../signing/signer.ts'

export interface SnapshotStoreOptions {
  /** Gateway group; one path segment of 1 to 64 letters, digits, dots, dashes and underscores. */
  readonly group: string
  /** Where routes, services, … are kept. A `StorageReader` is enough for a data plane. */
  readonly resources: StorageAdapter | StorageReader
  /** Where keyring and discovery are kept. May be the same store: the layout keeps domains apart. */
  readonly instance: StorageAdapter | StorageReader
  /** Signs what is published. Its key must be among the trusted ones, when there are any. */
  readonly signer?: Signer | undefined
  /**
   * Who is believed: exporters' keys, and an operator's kept elsewhere. With it, snapshots that none of them has signed are
   * refused; without it, every writer of the store is believed.
   */
  readonly trustedKeys?: readonly TrustedKey[] | undefined
  /** Encrypts whole parts with a key that is kept outside of the stores. */
  readonly sealing?: SealingOptions | undefined
  readonly clock?: Clock | undefined
  readonly logger?: Logger | undefined
}

export interface SealingOptions {
  /** The first one seals, all of them open. */
  readonly keys: readonly SealingKey[]
  /** What is sealed. Default: the instance domain, because a keyring beside its ciphertext protects nothing. */
  readonly domains?: readonly Domain[] | undefined
}

/** All snapshots of one gateway group. */
export interface SnapshotStore {
  readonly group: string
  /** For logs and status. */
  readonly name: string
  readonly resources: DomainStore
  readonly instance: DomainStore
}

/**
 * Opens the snapshots of a group; nothing is read or written yet. Throws `TypeError` when the group's name is not possible,
 * or when the signer's own key is not trusted.
 */
export function snapshotStore(options: SnapshotStoreOptions): SnapshotStore {
  const { group, signer, trustedKeys, sealing, clock = systemClock, logger = silentLogger } = options
  if (signer !== undefined && trustedKeys?.some(({ keyId }) => keyId === signer.keyId) === false) {
    throw new TypeError("The signer's key is not among the trusted keys: nobody would read what it publishes")
  }
  const { keys = [], domains = ['instance'] } = sealing ?? {}
  const open = (domain: Domain): DomainStore =>
    domainStore({
      group,
      domain,
      storage: options[domain],
      layout: layoutOf(group, domain),
      signer,
      trustedKeys,
      sealers: sealers({ group, domain, keys, seals: domains.includes(domain) }),
      clock,
      logger,
    })
  return { group, name: options.resources.name, resources: open('resources'), instance: open('instance') }
}
