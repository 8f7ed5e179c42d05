import { describe, expect, it } from 'vitest'
import { domainOf } from '../../src/apisix/kinds.ts'
import { routeSchema } from '../../src/apisix/route.ts'
import { validateEntry } from '../../src/apisix/validate-entry.ts'
import type { JsonValue } from '../../src/entries/entry.ts'

const nodes = { '127.0.0.1:1980': 1 }
const upstream = { type: 'roundrobin', nodes }
const pem = '-'.repeat(200)

function verdict(kind: string, value: JsonValue, id = '1'): string | undefined {
  return validateEntry({ kind, id, value })
}

describe('validateEntry', () => {
  it.each<[string, JsonValue, string?]>([
    ['routes', { uri: '/ip', upstream }],
    ['routes', { uris: ['/a', '/b*'], hosts: ['*.example.com', 'a.com'], methods: ['GET'], service_id: 7, status: 0 }],
    ['routes', { uri: '/a', upstream_id: 'u', filter_func: 'function(vars) return true end', vars: [['a', '==', 1]] }],
    ['routes', { uri: '/a', plugins: { 'unknown-plugin': {} }, some_new_field: [1] }],
    ['services', {}],
    ['services', { hosts: ['a.com'], upstream, plugins: { 'limit-count': { count: 1 } } }],
    ['upstreams', { nodes: [{ host: '::1', port: 80, weight: 0, priority: -1 }] }],
    ['upstreams', { nodes: [] }],
    ['upstreams', { service_name: 'web', discovery_type: 'dns' }],
    ['upstreams', { nodes, checks: { active: { http_path: '/', unhealthy: { timeouts: 254 } }, passive: {} } }],
    ['consumers', { username: 'jack', plugins: { 'key-auth': { key: 'k' } } }, 'jack'],
    ['consumers', { plugins: { 'key-auth': { key: 'k' } } }, 'jack/credentials/key-1'],
    ['plugin_configs', { plugins: {} }],
    ['consumer_groups', { plugins: {} }],
    ['global_rules', { plugins: { prometheus: {} } }],
    ['plugin_metadata', { log_format: {} }, 'http-logger'],
    ['ssls', { cert: pem, key: pem, snis: ['a.com', '*.b.com'] }],
    ['ssls', { cert: '$secret://vault/1/cert', key: '$env://KEY', sni: 'a.com' }],
    ['ssls', { type: 'client', cert: pem, key: pem }],
    ['secrets', { uri: 'http://v', prefix: 'kv', token: 't' }, 'vault/1'],
    ['secrets', { anything: 1 }, 'newmanager/1'],
    ['protos', { content: 'syntax = "proto3";' }],
    ['stream_routes', { server_port: 9100, upstream }],
    ['plugins', [{ name: 'limit-count' }, { name: 'mqtt-proxy', stream: true }]],
    ['some_new_kind', 'anything'],
    ['__proto__', null],
  ])('accepts %s: %j', (kind, value, id) => {
    expect(verdict(kind, value, id)).toBeUndefined()
  })

  it.each<[string, JsonValue, string, string?]>([
    ['routes', 'text', 'routes/1: Invalid input: expected object, received string'],
    ['routes', { upstream }, 'routes/1: needs uri or uris'],
    ['routes', { uri: '/a', uris: ['/b'], upstream }, 'routes/1: takes uri or uris, not both'],
    ['routes', { uri: '/a', host: 'a', hosts: ['b'], upstream }, 'routes/1: takes host or hosts, not both'],
    ['routes', { uri: '/a', hosts: ['a', 'a'], upstream }, 'routes/1: /hosts: holds an item twice'],
    ['routes', { uri: '/a', host: 'a b', upstream }, 'routes/1: /host: is no host name or address'],
    ['routes', { uri: '/a', methods: ['get'], upstream }, 'routes/1: /methods/0: Invalid option'],
    ['routes', { uri: '/a' }, 'routes/1: needs at least one of plugins, upstream'],
    ['routes', { uri: '/a', upstream, status: 2 }, 'routes/1: /status: must be 0 or 1'],
    ['routes', { uri: '/a', upstream: { nodes: { a: -1 } } }, 'routes/1: /upstream/nodes/a: Too small'],
    ['routes', { uri: '/a', upstream: { nodes: [{ host: 'a' }] } }, 'routes/1: /upstream/nodes/0/weight: Invalid'],
    ['routes', { uri: '/a', upstream, script: 'return 12345', plugins: {} }, 'routes/1: takes a script or plugins'],
    ['routes', { uri: '/a', upstream, timeout: { connect: 0, send: 1, read: 1 } }, 'routes/1: /timeout/connect: '],
    ['routes', { uri: '/a', plugins: { 'a/b': 1 } }, 'routes/1: /plugins/a~1b: must be an object'],
    ['upstreams', { type: 'roundrobin' }, 'upstreams/1: needs nodes or service_name'],
    ['upstreams', { nodes, service_name: 'a', discovery_type: 'dns' }, 'upstreams/1: takes nodes or service_name'],
    ['upstreams', { service_name: 'web' }, 'upstreams/1: needs discovery_type beside service_name'],
    ['upstreams', { nodes, checks: { passive: {} } }, 'upstreams/1: /checks/active: '],
    ['upstreams', { nodes, tls: { client_cert: pem } }, 'upstreams/1: /tls: needs client_cert and client_key together'],
    ['services', { labels: { a: 'b c' } }, 'services/1: /labels/a: holds a blank'],
    ['services', { id: 'a b' }, 'services/1: /id: must be 1 to 64 letters'],
    ['consumers', {}, 'consumers/jack: /username: ', 'jack'],
    ['consumers', { plugins: { a: {}, b: {} } }, 'consumers/jack/credentials/1: /plugins: holds', 'jack/credentials/1'],
    ['ssls', { cert: pem, key: pem }, 'ssls/1: needs sni or snis'],
    ['secrets', { uri: 'http://v' }, 'secrets/vault/1: /prefix: ', 'vault/1'],
    ['plugin_configs', {}, 'plugin_configs/1: /plugins: '],
  ])('refuses %s: %j with the place and the reason', (kind, value, start, id) => {
    expect(verdict(kind, value, id)).toMatch(new RegExp(`^${start.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`))
  })

  it('never repeats the value', () => {
    const secret = 'correct horse battery staple'
    const members = { id: [secret], uri: [secret], nodes: secret, cert: secret, username: secret, plugins: secret }
    for (const kind of ['routes', 'services', 'upstreams', 'ssls', 'consumers', 'plugin_configs']) {
      for (const value of [secret, members]) {
        expect(verdict(kind, value)).toEqual(expect.not.stringContaining(secret))
        expect(verdict(kind, value)).toContain(`${kind}/1: `)
      }
    }
  })

  it('changes nothing: what a schema parses is what it was given, without defaults', () => {
    const value = { uri: '/a', upstream: { nodes, extra: { deep: [1] } }, extra: true }
    expect(routeSchema.parse(value)).toEqual(value)
  })
})

describe('domainOf', () => {
  it('knows the kinds of the instance; everything else is a resource', () => {
    expect(['keyring', 'discovery', 'snapshot_storage'].map(domainOf)).toEqual(['instance', 'instance', 'instance'])
    expect(['routes', 'secrets', 'unknown', '__proto__'].map(domainOf)).toEqual(Array(4).fill('resources'))
  })
})
