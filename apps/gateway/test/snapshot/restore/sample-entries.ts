import type { Entry } from '@outlast/snapshot'

/** One entry or more of every kind, each using what comes before it, so that the order of writing matters. */
export function everyKind(): Entry[] {
  return [
    { kind: 'stream_routes', id: 's', value: { server_port: 9100, upstream_id: 'u' } },
    {
      kind: 'routes',
      id: '1',
      value: {
        uri: '/ip',
        service_id: 'a',
        plugin_config_id: 'p',
        create_time: 1_700_000_000,
        update_time: 1_700_000_001,
      },
    },
    { kind: 'plugin_metadata', id: 'http-logger', value: { log_format: { host: '$host' } } },
    { kind: 'global_rules', id: 'g', value: { id: 'g', plugins: { prometheus: {} } } },
    { kind: 'consumers', id: 'jack/credentials/key-1', value: { plugins: { 'key-auth': { key: 'jacks-key' } } } },
    { kind: 'consumers', id: 'jack', value: { username: 'jack', group_id: 'cg' } },
    { kind: 'consumer_groups', id: 'cg', value: { plugins: {} } },
    { kind: 'plugin_configs', id: 'p', value: { plugins: {} } },
    { kind: 'services', id: 'a', value: { upstream_id: 'u' } },
    { kind: 'upstreams', id: 'u', value: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } } },
    { kind: 'protos', id: 'pb', value: { content: 'syntax = "proto3";' } },
    { kind: 'secrets', id: 'vault/1', value: { uri: 'http://127.0.0.1:8200', prefix: 'kv', token: 'vault-token' } },
    { kind: 'ssls', id: 'tls', value: { sni: 'a.test', cert: 'the certificate', key: 'the private key' } },
  ]
}

/** In no order that anything could depend on. */
export function sorted(entries: readonly Entry[]): Entry[] {
  const keyOf = ({ kind, id }: Entry): string => `${kind}/${id}`
  return [...entries].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}
