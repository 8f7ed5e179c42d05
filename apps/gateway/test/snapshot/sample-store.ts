import { snapshotStore, type Entry, type Manifest, type SnapshotStore } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'

export const secrets = ['jacks-first-key', 'jacks-second-key', 'header-secret', 'userinfo-secret'] as const

/** Of the first and the second snapshot. */
export function sampleEntries(revision: 1 | 2): Entry[] {
  const jacksKey = revision === 1 ? 'jacks-first-key' : 'jacks-second-key'
  return [
    { kind: 'routes', id: '1', value: { uri: '/ip', upstream_id: 'u', priority: revision } },
    { kind: 'routes', id: revision === 1 ? 'old' : 'new', value: { uri: '/x', upstream_id: 'u' } },
    {
      kind: 'upstreams',
      id: 'u',
      value: { type: 'chash', hash_on: 'vars', key: 'remote_addr', nodes: { '127.0.0.1:1980': 1 } },
    },
    { kind: 'consumers', id: 'jack', value: { username: 'jack' } },
    { kind: 'consumers', id: 'jack/credentials/key-1', value: { plugins: { 'key-auth': { key: jacksKey } } } },
    {
      kind: 'global_rules',
      id: 'g',
      value: {
        plugins: {
          'proxy-rewrite': { headers: { set: { 'X-API-Key': 'header-secret', 'X-Plain': 'no' } } },
          'http-logger': { uri: 'http://me:userinfo-secret@127.0.0.1:1/log' },
        },
      },
    },
    { kind: 'plugin_metadata', id: 'http-logger', value: { log_format: { host: '$host' } } },
    { kind: 'x-unknown', id: '1', value: { kept: true } },
  ]
}

/** Publishes two snapshots, two hours ago, so that pruning may take them. */
export async function publishSamples(
  storage: StorageAdapter,
): Promise<{ store: SnapshotStore; manifests: Manifest[] }> {
  const clock = { now: () => Date.now() - 7_200_000, sleep: async () => {} }
  const store = snapshotStore({ group: 'default', resources: storage, instance: storage, clock })
  const manifests: Manifest[] = []
  for (const revision of [1, 2] as const) {
    const publication = await store.resources.begin()
    const entries = sampleEntries(revision)
    const result = await publication.publish({ entries, position: { epoch: 1, revision }, source: { identity: 'cp' } })
    if (result.status !== 'published') throw new Error(`Expected a new snapshot, got: ${result.status}`)
    manifests.push(result.manifest)
  }
  return { store, manifests }
}
