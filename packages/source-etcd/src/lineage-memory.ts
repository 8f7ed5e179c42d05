import { hash } from 'node:crypto'
import type { EtcdClient } from './etcd-client.ts'
import type { KeyValue } from './key-value.ts'

/**
 * Remembers the newest modification that this source has delivered, and asks a store whether it has the same one.
 *
 * A cluster id and a higher revision do not prove that a store is still the one that was followed: an etcd that was wiped and
 * filled again with the same flags has the same id. Following it from the old revision would mix two configurations.
 */
export interface LineageMemory {
  /** `undefined` forgets: without proof a watch begins with the complete state. */
  remember(newest: Modification | undefined): void
  /** A later change: its last put becomes the memory; deleting the remembered key forgets it. */
  follow(clusterId: string, events: readonly { readonly type: 'put' | 'delete'; readonly kv: KeyValue }[]): void
  /** Whether the client's store is the one that delivered, and still holds what happened after `revision`. */
  continues(client: EtcdClient, revision: number): Promise<boolean>
}

/** One version of one key. */
export interface Modification {
  readonly clusterId: string
  readonly key: Buffer
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly digest: string
}

export function modificationOf(clusterId: string, kv: KeyValue): Modification {
  const { key, createRevision, modRevision, version } = kv
  return { clusterId, key, createRevision, modRevision, version, digest: hash('sha256', kv.value) }
}

export function lineageMemory(): LineageMemory {
  let newest: Modification | undefined
  return {
    remember: (modification) => {
      newest = modification
    },
    follow: (clusterId, events) => {
      for (const { type, kv } of events) {
        if (type === 'put') newest = modificationOf(clusterId, kv)
        else if (newest?.key.equals(kv.key) === true) newest = undefined
      }
    },
    continues: async (client, revision) => {
      const remembered = newest
      if (remembered === undefined) return false
      const reply = await client.range({ key: remembered.key, revision: Math.max(revision, remembered.modRevision) })
      if (reply.status !== 'ok' || reply.header.clusterId !== remembered.clusterId) return false
      const [kv] = reply.kvs
      if (kv === undefined) return false
      const found = modificationOf(reply.header.clusterId, kv)
      return (
        found.createRevision === remembered.createRevision &&
        found.modRevision === remembered.modRevision &&
        found.version === remembered.version &&
        found.digest === remembered.digest
      )
    },
  }
}
