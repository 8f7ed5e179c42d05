import { readFileSync } from 'node:fs'

import { adminKinds, collectionPath, itemPath } from '../../src/control-plane/admin-api/admin-kinds.ts'

/** One resource of a kind: where it is, what it is, and what it is changed to. */
export interface SampleResource {
  readonly kind: string
  /** Below the Admin API. */
  readonly collection: string
  readonly path: string
  /** In the store of a gateway group. */
  readonly key: string
  readonly value: object
  readonly changed: object
  /** Answers hold no such field. */
  readonly hidden?: string
}

const [cert, key] = ['server.crt', 'server.key'].map((name) =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'),
)
const upstream = { nodes: { '127.0.0.1:1980': 1 } }

interface Values {
  readonly value: object
  readonly changed: object
  readonly hidden?: string
}

const values: Readonly<Record<string, Values>> = {
  routes: { value: { uri: '/a', upstream }, changed: { uri: '/b', upstream } },
  services: { value: { upstream }, changed: { upstream, hosts: ['a.test'] } },
  graphql_cost_decorations: { value: { field_path: 'Query.a' }, changed: { field_path: 'Query.b' } },
  stream_routes: { value: { server_port: 9100, upstream }, changed: { server_port: 9101, upstream } },
  upstreams: { value: upstream, changed: { nodes: { '127.0.0.1:1981': 1 } } },
  plugin_configs: { value: { plugins: { cors: {} } }, changed: { plugins: { gzip: {} } } },
  consumers: { value: { username: 'jack' }, changed: { username: 'jack', desc: 'changed' } },
  credentials: {
    value: { plugins: { 'key-auth': { key: 'first' } } },
    changed: { plugins: { 'key-auth': { key: 'second' } } },
  },
  consumer_groups: { value: { plugins: {} }, changed: { plugins: { cors: {} } } },
  global_rules: { value: { plugins: { prometheus: {} } }, changed: { plugins: { prometheus: { prefer_name: true } } } },
  plugin_metadata: { value: { log_format: { host: '$host' } }, changed: { log_format: { uri: '$uri' } } },
  ssls: {
    value: { sni: 'a.test', cert, key },
    changed: { sni: 'b.test', cert, key },
    hidden: 'key',
  },
  secrets: {
    value: { uri: 'http://127.0.0.1:8200', prefix: 'kv', token: 'first' },
    changed: { uri: 'http://127.0.0.1:8200', prefix: 'kv', token: 'second' },
  },
  protos: { value: { content: 'syntax = "proto3";' }, changed: { content: 'syntax = "proto2";' } },
}

const names: Readonly<Record<string, string>> = {
  service_id: 'owner',
  id: '1',
  manager: 'vault',
  plugin_name: 'http-logger',
}

/** A sample of every kind that is served, owners first. */
export const sampleResources: readonly SampleResource[] = adminKinds.map((kind) => {
  const fill = (path: string): string =>
    path
      .slice(1)
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'username' ? userOf(kind.name) : (names[name] ?? '')))
  const found = values[kind.name]
  if (found === undefined) {
    throw new Error(`there is no sample of ${kind.name}`)
  }
  const path = fill(itemPath(kind))
  return {
    kind: kind.name,
    collection: fill(collectionPath(kind)),
    path,
    key: `/gateway_groups/default/${path}`,
    ...found,
  }
})

function userOf(kind: string): string {
  return kind === 'credentials' ? 'owner' : 'jack'
}

/** What credentials and decorations belong to, to be put first. */
export const owners: readonly { readonly path: string; readonly value: object }[] = [
  { path: 'consumers/owner', value: { username: 'owner' } },
  { path: 'services/owner', value: { upstream } },
]
