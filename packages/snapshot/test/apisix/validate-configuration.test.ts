import { describe, expect, it } from 'vitest'
import { stepwiseValidation, validateConfiguration, type Finding } from '../../src/apisix/validate-configuration.ts'
import type { Entry, JsonValue } from '../../src/entries/entry.ts'

const nodes = { '127.0.0.1:1980': 1 }
const pem = '-'.repeat(200)

function entry(kind: string, id: string, value: JsonValue): Entry {
  return { kind, id, value }
}

function findings(...resources: readonly Entry[]): Finding[] {
  return validateConfiguration({ resources, instance: [] })
}

function dangling(kind: string, id: string, path: string | undefined, target: string): Finding {
  const reason = `${path === undefined ? 'belongs' : 'refers'} to ${target} that are not there`
  return { domain: 'resources', kind, id, ...(path !== undefined && { path }), reason, severity: 'dangling' }
}

const split = {
  'traffic-split': {
    rules: [
      { match: [], weighted_upstreams: [{ weight: 1 }] },
      { weighted_upstreams: [{ upstream: { nodes, tls: { client_cert_id: 'c' } } }, { upstream_id: 'u', weight: 1 }] },
    ],
  },
}
const splitUpstream = '/plugins/traffic-split/rules/1/weighted_upstreams/1/upstream_id'
const splitCertificate = '/plugins/traffic-split/rules/1/weighted_upstreams/0/upstream/tls/client_cert_id'
const withCertificate = { nodes, tls: { client_cert_id: 'c' } }
const certificate = entry('ssls', 'c', { type: 'client', cert: pem, key: pem })
const upstream = entry('upstreams', 'u', { nodes })

describe('validateConfiguration', () => {
  it.each<[string, Entry, string | undefined, Entry]>([
    ['services', entry('routes', '1', { uri: '/', service_id: 's' }), '/service_id', entry('services', 's', {})],
    ['upstreams', entry('routes', '1', { uri: '/', upstream_id: 'u' }), '/upstream_id', upstream],
    [
      'plugin_configs',
      entry('routes', '1', { uri: '/', upstream: { nodes }, plugin_config_id: 7 }),
      '/plugin_config_id',
      entry('plugin_configs', '7', { plugins: {} }),
    ],
    ['upstreams', entry('services', '1', { upstream_id: 'u' }), '/upstream_id', upstream],
    ['upstreams', entry('stream_routes', '1', { upstream_id: 'u' }), '/upstream_id', upstream],
    ['services', entry('stream_routes', '1', { service_id: 's' }), '/service_id', entry('services', 's', {})],
    [
      'stream_routes',
      entry('stream_routes', '1', { upstream: { nodes }, protocol: { name: 'redis', superior_id: 2 } }),
      '/protocol/superior_id',
      entry('stream_routes', '2', { upstream: { nodes } }),
    ],
    [
      'consumer_groups',
      entry('consumers', 'jack', { username: 'jack', group_id: 'g' }),
      '/group_id',
      entry('consumer_groups', 'g', { plugins: {} }),
    ],
    [
      'consumers',
      entry('consumers', 'jack/credentials/1', {}),
      undefined,
      entry('consumers', 'jack', { username: 'jack' }),
    ],
    [
      'services',
      entry('services', 's/graphql_cost_decorations/1', { field_path: 'Query' }),
      undefined,
      entry('services', 's', {}),
    ],
    ['ssls', entry('upstreams', '1', withCertificate), '/tls/client_cert_id', certificate],
    ['ssls', entry('services', '1', { upstream: withCertificate }), '/upstream/tls/client_cert_id', certificate],
    [
      'ssls',
      entry('routes', '1', { uri: '/', upstream: withCertificate }),
      '/upstream/tls/client_cert_id',
      certificate,
    ],
    ['ssls', entry('stream_routes', '1', { upstream: withCertificate }), '/upstream/tls/client_cert_id', certificate],
    [
      'secrets',
      entry('consumers', 'jack', { username: 'jack', plugins: { 'key-auth': { key: '$secret://vault/1/jack/key' } } }),
      '/plugins/key-auth/key',
      entry('secrets', 'vault/1', { uri: 'http://v', prefix: 'kv', token: '$env://T' }),
    ],
    [
      'secrets',
      entry('ssls', '1', { sni: 'a', cert: pem, key: '$secret://aws/1/key' }),
      '/key',
      entry('secrets', 'aws/1', { access_key_id: 'a', secret_access_key: 's' }),
    ],
    [
      'secrets',
      entry('plugin_metadata', 'a/b', { list: [{ 'c~d': '$secret://gcp/1/k' }] }),
      '/list/0/c~0d',
      entry('secrets', 'gcp/1', { auth_file: '/f' }),
    ],
  ])('misses %s until they are there: %j', (target, user, path, used) => {
    expect(findings(user)).toEqual([dangling(user.kind, user.id, path, target)])
    expect(findings(user, used)).toEqual([])
    expect(findings(used, user)).toEqual([])
  })

  it.each(['routes', 'services', 'stream_routes', 'consumer_groups', 'plugin_configs', 'global_rules', 'consumers'])(
    'follows traffic-split inside the plugins of %s',
    (kind) => {
      const user = entry(kind, 'x', { uri: '/', username: 'x', plugins: split })
      expect(findings(user)).toEqual([
        dangling(kind, 'x', splitCertificate, 'ssls'),
        dangling(kind, 'x', splitUpstream, 'upstreams'),
      ])
      expect(findings(user, upstream, certificate)).toEqual([])
    },
  )

  it('does not take what is in the other domain, or of another kind, for what is missing', () => {
    const user = entry('routes', '1', { uri: '/', service_id: 'u' })
    const instance = [entry('services', 'u', {})]
    expect(validateConfiguration({ resources: [user, upstream], instance })).toEqual([
      dangling('routes', '1', '/service_id', 'services'),
    ])
  })

  it('tells that an upstream cannot show the certificate of a server', () => {
    const server = entry('ssls', 'c', { sni: 'a', cert: pem, key: pem })
    expect(findings(entry('upstreams', '1', withCertificate), server)).toEqual([
      {
        domain: 'resources',
        kind: 'upstreams',
        id: '1',
        path: '/tls/client_cert_id',
        reason: 'refers to a certificate that is not of type client',
        severity: 'dangling',
      },
    ])
  })

  it.each(['$secret://', '$secret://vault', '$secret://vault/1', '$secret://vault/1/', '$secret:///1/k'])(
    'tells that %s names no secret',
    (key) => {
      expect(findings(entry('routes', '1', { uri: '/', plugins: { 'jwt-auth': { key } } }))).toMatchObject([
        { path: '/plugins/jwt-auth/key', reason: 'is no complete reference to a secret', severity: 'dangling' },
      ])
    },
  )

  it('leaves references to the environment and unknown kinds alone', () => {
    const resources = [
      entry('routes', '1', { uri: '/', plugins: { a: { b: '$env://A' } } }),
      entry('some-new-kind', '1', { service_id: 'missing', plugins: split, key: '$secret://vault/1/k' }),
    ]
    expect(findings(...resources)).toEqual([])
  })

  it('names invalid and dangling entries of both domains in their order', () => {
    const resources = [
      entry('routes', '1', { uri: '/', service_id: 's', status: 3 }),
      entry('upstreams', '1', 'text'),
      entry('routes', '2', { uri: '/', plugins: {} }),
    ]
    const instance = [entry('discovery', 'dns', { servers: [] }), entry('keyring', 'default', { keyring: 'short' })]
    expect(validateConfiguration({ resources, instance })).toMatchObject([
      { domain: 'resources', kind: 'routes', id: '1', path: '/status', severity: 'invalid', reason: 'must be 0 or 1' },
      dangling('routes', '1', '/service_id', 'services'),
      { domain: 'resources', kind: 'upstreams', id: '1', severity: 'invalid' },
      { domain: 'instance', kind: 'discovery', id: 'dns', path: '/servers', severity: 'invalid' },
      { domain: 'instance', kind: 'keyring', id: 'default', path: '/keyring', severity: 'invalid' },
    ])
  })

  it('looks into values that are nested deeper than the stack', () => {
    let deep: JsonValue = '$secret://vault/1/k'
    for (let level = 0; level < 20_000; level += 1) deep = [deep]
    expect(findings(entry('routes', '1', { uri: '/', plugins: { a: { deep } } }))).toHaveLength(1)
  })
})

describe('stepwise validation', () => {
  it('finds the same, may be interrupted at every entry, and looks at an entry once', () => {
    let reads = 0
    const counted = new Proxy({ uri: 7 }, { ownKeys: (target) => ((reads += 1), Reflect.ownKeys(target)) })
    const entries = [entry('routes', 'odd', counted), entry('routes', '1', { uri: '/', service_id: 's' })]
    const validate = stepwiseValidation()
    const steps = [...validate({ resources: entries, instance: [] })]
    const found = steps.filter((step) => step !== undefined)
    expect(found).toEqual(findings(...entries))
    expect(steps.length - found.length).toBeGreaterThanOrEqual(entries.length)
    reads = 0
    // What is gone since is another matter than what an entry is by itself.
    const later = [...validate({ resources: [...entries, entry('services', 's', {})], instance: [] })]
    expect(later.filter((step) => step !== undefined)).toEqual([found[0]])
    expect(reads).toBe(0)
  })
})
