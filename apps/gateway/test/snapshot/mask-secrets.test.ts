import type { JsonValue } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { secretMask } from '../../src/snapshot/mask-secrets.ts'

function masked(value: JsonValue, kind = 'routes', id = '1'): JsonValue {
  return secretMask(() => '***').entry({ kind, id, value }).value
}

const encrypted = `$outlast$1$0123456789abcdef$${'A'.repeat(40)}`

describe('secrets are masked', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['in plugins', { plugins: { 'key-auth': { key: 's' } } }, { plugins: { 'key-auth': { key: '***' } } }],
    [
      'in all words for it',
      { client_secret: 's', redis_password: 's', refresh_token: 's', clientKey: 's' },
      { client_secret: '***', redis_password: '***', refresh_token: '***', clientKey: '***' },
    ],
    [
      'in keys of certificates',
      { cert: 'c', key: 's', keys: ['s', 's'] },
      { cert: 'c', key: '***', keys: ['***', '***'] },
    ],
    [
      'in headers',
      { set: { Authorization: 's', 'x-api-key': 's', Cookie: 's', Host: 'h' } },
      { set: { Authorization: '***', 'x-api-key': '***', Cookie: '***', Host: 'h' } },
    ],
    [
      'in everything below such a name',
      { credentials: { a: ['s', 1, { b: 's' }], on: true } },
      { credentials: { a: ['***', '***', { b: '***' }], on: true } },
    ],
    ['when they are numbers', { password: 1234 }, { password: '***' }],
    [
      'when the value tells',
      { a: 'Bearer s', b: '-----BEGIN PRIVATE KEY-----', c: ['X-Api-Key: s'] },
      { a: '***', b: '***', c: ['***'] },
    ],
    ['in URLs', { uri: 'https://me:s@host/path' }, { uri: 'https://***@host/path' }],
    ['in URLs, with an @ of its own', { uri: 'https://me:s@s@host/p@th' }, { uri: 'https://***@host/p@th' }],
    ['in values that are no objects', 'unknown text', '***'],
  ])('%s', (_where, value, expected) => {
    expect(masked(value)).toEqual(expected)
  })

  it.each([
    ['http://a.test:8500?token=s', 'http://a.test:8500?token=***'],
    ['http://a.test/v1?dc=s&token=s;s#s', 'http://a.test/v1?dc=***&token=***'],
    ['a.test:8500?x;token=s', 'a.test:8500?x;token=***'],
    ['http://me:s/s@a.test', 'http://***@a.test'],
    ['http://me:s s@s@a.test:8500/path', 'http://***@a.test:8500/path'],
    ['me:s@a.test', '***@a.test'],
    ['me:s/s@a.test?token=s', '***@a.test?token=***'],
    ['http://me:s?s@a.test', 'http://***'],
    ['http://a.test?token=s@s', 'http://***'],
    ['a.test:8500', 'a.test:8500'],
  ])('in addresses of discovery: %s', (address, expected) => {
    expect(masked({ servers: [address] }, 'discovery', 'consul')).toEqual({ servers: [expected] })
    const operation = { op: 'add', path: '/servers/0', value: address } as const
    const mask = secretMask(() => '***')
    expect(mask.operation({ kind: 'discovery', id: 'consul' }, operation)).toEqual({ ...operation, value: expected })
  })

  it('in a keyring as a whole', () => {
    expect(masked({ a: ['s'] }, 'keyring')).toEqual({ a: ['***'] })
  })

  it('in fields that are known to be secret, whatever their name', () => {
    const plugins = {
      'loki-logger': { headers: { 'X-Scope': 's' }, tenant_id: 't' },
      'ai-proxy': { auth: { header: { 'x-model': 's' }, query: { code: 's' } } },
      'limit-count': { count: 1, key: 'remote_addr', redis_password: 's' },
    }
    expect(masked({ plugins })).toEqual({
      plugins: {
        'loki-logger': { headers: { 'X-Scope': '***' }, tenant_id: 't' },
        'ai-proxy': { auth: { header: { 'x-model': '***' }, query: { code: '***' } } },
        'limit-count': { count: 1, key: 'remote_addr', redis_password: '***' },
      },
    })
    const metadata = { collector: { address: 'a', request_headers: { 'x-team': 's' } } }
    expect(masked(metadata, 'plugin_metadata', 'opentelemetry')).toEqual({
      collector: { address: 'a', request_headers: { 'x-team': '***' } },
    })
  })

  it('in encrypted values, wherever they stand', () => {
    expect(masked({ desc: encrypted, hosts: [encrypted, 'a.com'] })).toEqual({ desc: '***', hosts: ['***', 'a.com'] })
  })

  it('once each, also where several reasons meet', () => {
    const mask = secretMask(() => '***')
    mask.entry({ kind: 'consumers', id: '1', value: { plugins: { 'key-auth': { key: encrypted } } } })
    expect(mask.replaced()).toBe(1)
  })

  it.each<[string, JsonValue]>([
    ['what to hash by', { type: 'chash', hash_on: 'vars', key: 'remote_addr' }],
    ['what to count by', { plugins: { 'limit-count': { count: 1, key: 'remote_addr' } } }],
    [
      'settings of plugins whose name says key',
      { plugins: { 'key-auth': { hide_credentials: true, header: 'apikey' } } },
    ],
    ['public keys', { public_key: 'p' }],
  ])('but not %s', (_what, value) => {
    expect(masked(value)).toEqual(value)
  })

  it.each([
    ['/plugins/key-auth/key', 's', '***'],
    ['/plugins/key-auth', { key: 's', header: 'h' }, { key: '***', header: 'h' }],
    ['/credentials/a/b', 's', '***'],
    ['', { key: 's' }, { key: '***' }],
    ['/plugins/loki-logger/headers/X-Scope', 's', '***'],
    ['/plugins/loki-logger/headers', { 'X-Scope': 's' }, { 'X-Scope': '***' }],
    ['/plugins/ai-proxy-multi/instances/0/auth', { query: { code: 's' } }, { query: { code: '***' } }],
    ['/plugins/loki-logger', { tenant_id: 't' }, { tenant_id: 't' }],
    ['/desc', encrypted, '***'],
    ['/uri', '/ip', '/ip'],
  ])('in an operation at "%s"', (path, value, expected) => {
    const mask = secretMask(() => '***')
    const operation = { op: 'replace', path, value } as const
    expect(mask.operation({ kind: 'routes', id: '1' }, operation)).toEqual({ ...operation, value: expected })
  })
})
