import type { Entry, EntryRef, JsonValue } from '@outlast/snapshot'
import type { ConfigChange } from '../../src/importer/index.ts'

let revision = 0

/** A change as the importer hands it to a sink. */
export function change(upserted: readonly Entry[], removed: readonly EntryRef[] = []): ConfigChange {
  revision += 1
  return { upserted, removed, version: { position: { epoch: 1, revision }, digest: `digest-${revision}` } }
}

export function route(id: string, fields: { readonly [name: string]: JsonValue } = {}): Entry {
  const upstream = { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } }
  return { kind: 'routes', id, value: { uri: `/${id}`, upstream, ...fields } }
}

export function consumer(username: string, key: string): Entry {
  return { kind: 'consumers', id: username, value: { username, plugins: { 'key-auth': { key } } } }
}

export function keyring(...keys: readonly string[]): Entry {
  return { kind: 'keyring', id: '1', value: { keyring: keys } }
}
