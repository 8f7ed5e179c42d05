import { describe, expect, it } from 'vitest'
import { isEncryptedValue } from '../../src/keyring/encrypted-value.ts'
import { keyringKeysOf, keyringOf } from '../../src/apisix/keyring-of.ts'
import { sensitiveFields } from '../../src/apisix/sensitive-fields.ts'
import type { Entry, JsonValue } from '../../src/entries/entry.ts'
import { fieldCipher } from '../../src/keyring/field-cipher.ts'
import { fieldKeyring } from '../../src/keyring/field-keyring.ts'

const keyring = fieldKeyring(['sixteen-byte-key'])
const cipher = fieldCipher({ group: 'default', keyring, sensitive: sensitiveFields })

/** What is left of an entry's value when everything encrypted is shown as `***`. */
function shown(entry: Entry): JsonValue {
  const text = JSON.stringify(cipher.protect(entry).value, (_name, value: unknown) =>
    typeof value === 'string' && isEncryptedValue(value) ? '***' : value,
  )
  return JSON.parse(text)
}

const pluginsWithSecrets: readonly [string, JsonValue, JsonValue][] = [
  ['key-auth', { key: 's', header: 'apikey' }, { key: '***', header: 'apikey' }],
  ['jwt-auth', { key: 'id', secret: 's', private_key: 's' }, { key: 'id', secret: '***', private_key: '***' }],
  ['hmac-auth', { key_id: 'id', secret_key: 's' }, { key_id: 'id', secret_key: '***' }],
  ['limit-count', { key: 'remote_addr', redis_password: 's' }, { key: 'remote_addr', redis_password: '***' }],
  [
    'openid-connect',
    { client_id: 'id', client_secret: 's', session: { secret: 's', redis: { password: 's' } } },
    { client_id: 'id', client_secret: '***', session: { secret: '***', redis: { password: '***' } } },
  ],
  [
    'openid-connect',
    { proxy_opts: { https_proxy: 'http://a', http_proxy_authorization: 's', https_proxy_authorization: 's' } },
    { proxy_opts: { https_proxy: 'http://a', http_proxy_authorization: '***', https_proxy_authorization: '***' } },
  ],
  [
    'kafka-logger',
    { brokers: [{ host: 'a', sasl_config: { user: 'u', password: 's' } }, { host: 'b' }] },
    { brokers: [{ host: 'a', sasl_config: { user: 'u', password: '***' } }, { host: 'b' }] },
  ],
  [
    'ai-proxy-multi',
    { instances: [{ auth: { header: { Authorization: 's' }, aws: { access_key_id: 'id', secret_access_key: 's' } } }] },
    {
      instances: [
        { auth: { header: { Authorization: '***' }, aws: { access_key_id: 'id', secret_access_key: '***' } } },
      ],
    },
  ],
  ['saml-auth', { secret_fallbacks: ['s', 's'] }, { secret_fallbacks: ['***', '***'] }],
  [
    'multi-auth',
    { auth_plugins: [{ 'basic-auth': { password: 's' } }, { 'key-auth': { key: 's' } }] },
    { auth_plugins: [{ 'basic-auth': { password: '***' } }, { 'key-auth': { key: '***' } }] },
  ],
  [
    'workflow',
    { rules: [{ actions: [['limit-count', { count: 1, redis_password: 's' }]] }] },
    { rules: [{ actions: [['limit-count', { count: 1, redis_password: '***' }]] }] },
  ],
  [
    'traffic-split',
    { rules: [{ weighted_upstreams: [{ upstream: { tls: { client_key: 's' } }, weight: 1 }] }] },
    { rules: [{ weighted_upstreams: [{ upstream: { tls: { client_key: '***' } }, weight: 1 }] }] },
  ],
]

describe('the secrets of APISIX are encrypted', () => {
  it.each(pluginsWithSecrets)('in %s, wherever plugins are configured', (name, value, expected) => {
    for (const [kind, id] of [
      ['routes', '1'],
      ['services', '1'],
      ['stream_routes', '1'],
      ['consumers', 'jack'],
      ['consumers', 'jack/credentials/1'],
      ['consumer_groups', '1'],
      ['plugin_configs', '1'],
      ['global_rules', '1'],
    ] as const) {
      expect(shown({ kind, id, value: { plugins: { [name]: value } } })).toEqual({ plugins: { [name]: expected } })
    }
    expect(shown({ kind: 'plugin_metadata', id: name, value })).toEqual(expected)
  })

  it.each<[string, string, JsonValue, JsonValue]>([
    ['ssls', '1', { cert: 'c', key: 's', keys: ['s'] }, { cert: 'c', key: '***', keys: ['***'] }],
    [
      'upstreams',
      '1',
      { tls: { client_cert: 'c', client_key: 's' } },
      { tls: { client_cert: 'c', client_key: '***' } },
    ],
    ['routes', '1', { upstream: { tls: { client_key: 's' } } }, { upstream: { tls: { client_key: '***' } } }],
    ['services', '1', { upstream: { tls: { client_key: 's' } } }, { upstream: { tls: { client_key: '***' } } }],
    ['stream_routes', '1', { upstream: { tls: { client_key: 's' } } }, { upstream: { tls: { client_key: '***' } } }],
    ['secrets', 'vault/1', { uri: 'u', prefix: 'p', token: 's' }, { uri: 'u', prefix: 'p', token: '***' }],
    [
      'secrets',
      'aws/1',
      { access_key_id: 'id', secret_access_key: 's', session_token: 's' },
      { access_key_id: 'id', secret_access_key: '***', session_token: '***' },
    ],
    [
      'secrets',
      'gcp/1',
      { auth_config: { client_email: 'e', private_key: 's' } },
      { auth_config: { client_email: 'e', private_key: '***' } },
    ],
    ['plugin_metadata', 'azure-functions', { master_apikey: 's' }, { master_apikey: '***' }],
    ['plugin_metadata', 'error-log-logger', { clickhouse: { password: 's' } }, { clickhouse: { password: '***' } }],
    ['discovery', 'consul', { servers: ['http://c'], token: 's' }, { servers: ['http://c'], token: '***' }],
    ['discovery', 'consul_kv', { token: 's' }, { token: '***' }],
    ['discovery', 'nacos', { access_key: 's', secret_key: 's' }, { access_key: '***', secret_key: '***' }],
    ['discovery', 'kubernetes', { client: { token: 's' } }, { client: { token: '***' } }],
    ['discovery', 'kubernetes', [{ id: 'a', client: { token: 's' } }], [{ id: 'a', client: { token: '***' } }]],
    ['discovery', 'tars', { db_conf: { user: 'u', password: 's' } }, { db_conf: { user: 'u', password: '***' } }],
  ])('in %s %s', (kind, id, value, expected) => {
    expect(shown({ kind, id, value })).toEqual(expected)
  })

  it('but references are not, nor is what only sounds secret', () => {
    for (const entry of [
      { kind: 'consumers', id: 'jack', value: { plugins: { 'key-auth': { key: '$secret://vault/1/key' } } } },
      { kind: 'ssls', id: '1', value: { cert: '$env://CERT', key: '$ENV://KEY' } },
      { kind: 'upstreams', id: '1', value: { type: 'chash', hash_on: 'vars', key: 'remote_addr' } },
      { kind: 'keyring', id: 'keyring', value: { keyring: ['sixteen-byte-key'] } },
    ]) {
      expect(cipher.protect(entry)).toBe(entry)
    }
  })
})

describe("an instance's keyring", () => {
  const [one, two, three] = ['1111111111111111', '2222222222222222', '3'.repeat(32)] as const

  it('holds the keys of all its entries, in the order of their ids', () => {
    const instance = [
      { kind: 'keyring', id: 'b', value: { enable_encrypt_fields: false, keyring: [three, one] } },
      { kind: 'discovery', id: 'consul', value: { keyring: [two] } },
      { kind: 'keyring', id: 'a', value: { keyring: one } },
    ]
    expect(keyringKeysOf(instance)).toEqual([one, three, one])
    expect(keyringOf(instance).keyIds).toEqual(fieldKeyring([one, three]).keyIds)
    expect(keyringOf(instance).wellKnown).toEqual([])
  })

  it('passes over what is no key', () => {
    const values: JsonValue[] = [{ keyring: ['short', 7, [one], two] }, { keyring: null }, {}, null, 'text', [one]]
    const instance = values.map((value, index) => ({ kind: 'keyring', id: `${index}`, value }))
    expect(keyringKeysOf(instance)).toEqual([two])
    expect(keyringOf([]).primary).toBeUndefined()
  })

  it('tells which of its keys everybody knows', () => {
    const builtIn = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']
    const keyrings = keyringOf([{ kind: 'keyring', id: 'a', value: { keyring: [one, ...builtIn] } }])
    expect(keyrings.wellKnown).toEqual(fieldKeyring(builtIn).keyIds)
  })
})
