import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonSchemaFrom } from '../../src/apisix/json-schema-of.ts'
import { knownPlugins } from '../../src/apisix/plugins/known-plugins.ts'
import { pluginIssueOf } from '../../src/apisix/plugins/plugin-issue-of.ts'
import type { JsonValue } from '../../src/entries/entry.ts'
import { jsonValues } from '../arbitraries.ts'

/** The least that each plugin takes, and the same spoilt. */
// prettier-ignore
const samples: readonly (readonly [plugin: string, settings: JsonValue, spoilt: JsonValue, path: string])[] = [
  ['client-control', {}, { max_body_size: -1 }, 'max_body_size'],
  ['request-id', {}, { algorithm: 'snowflake' }, 'algorithm'],
  ['opentelemetry', { sampler: { name: 'always_on' } }, { sampler: { name: 'never' } }, 'sampler.name'],
  ['fault-injection', { abort: { http_status: 503 } }, {}, ''],
  ['mocking', { response_example: '{}' }, {}, ''],
  ['cors', {}, { allow_origins: 'a.test' }, 'allow_origins'],
  ['ip-restriction', { whitelist: ['10.0.0.0/8'] }, { whitelist: ['10.0.0.0/33'] }, 'whitelist.0'],
  ['ua-restriction', { denylist: ['curl'] }, { denylist: ['curl'], allowlist: ['x'] }, ''],
  ['referer-restriction', { whitelist: ['*.a.test'] }, {}, ''],
  ['uri-blocker', { block_rules: ['root.exe'] }, { block_rules: ['a', 'a'] }, 'block_rules'],
  ['hmac-auth', {}, { allowed_algorithms: ['md5'] }, 'allowed_algorithms.0'],
  ['basic-auth', {}, { hide_credentials: 'yes' }, 'hide_credentials'],
  ['jwt-auth', {}, { claims_to_verify: ['iss'] }, 'claims_to_verify.0'],
  ['key-auth', {}, { header: 1 }, 'header'],
  ['consumer-restriction', { whitelist: ['jack'] }, { rejected_msg: 'no' }, ''],
  ['proxy-cache', {}, { cache_key: ['$'] }, 'cache_key.0'],
  ['proxy-rewrite', { uri: '/a' }, { uri: 'a' }, 'uri'],
  ['api-breaker', { break_response_code: 502 }, {}, 'break_response_code'],
  ['limit-conn', { conn: 1, burst: 0, default_conn_delay: 0.1, key: 'remote_addr' }, { conn: 1, default_conn_delay: 1 }, ''],
  ['limit-count', { count: '$http_limit', time_window: 60 }, { count: 1, time_window: 60, rules: [] }, ''],
  ['limit-req', { rate: 1, burst: 0, key: 'remote_addr' }, { rate: 1, burst: 0, key: 'a', policy: 'redis' }, 'redis_host'],
  ['gzip', { types: '*' }, { comp_level: 10 }, 'comp_level'],
  ['traffic-split', { rules: [{ weighted_upstreams: [{ weight: 1 }] }] }, { rules: [{ weighted_upstreams: [] }] }, 'rules.0.weighted_upstreams'],
  ['redirect', { http_to_https: true }, { uri: '/a', http_to_https: true }, ''],
  ['response-rewrite', { headers: { 'x-a': 1 } }, { body: 'a', filters: [{ regex: 'a', replace: 'b' }] }, ''],
  ['prometheus', {}, { prefer_name: 1 }, 'prefer_name'],
  ['http-logger', { uri: 'http://a.test' }, { uri: 'a.test' }, 'uri'],
]

const inRoute = (name: string, settings: JsonValue) =>
  pluginIssueOf({ kind: 'routes', id: '1', value: { plugins: { [name]: settings } } })
const inConsumer = (name: string, settings: JsonValue) =>
  pluginIssueOf({ kind: 'consumers', id: 'jack', value: { plugins: { [name]: settings } } })

describe('Settings of plugins', () => {
  it('are known for these plugins, in the order in which they run', () => {
    expect(knownPlugins.map(({ name }) => name)).toEqual(samples.map(([name]) => name))
  })

  it.each(samples)('of %s are taken, or refused with the place of what is wrong', (name, settings, spoilt, path) => {
    expect(inRoute(name, settings)).toBeUndefined()
    const issue = inRoute(name, spoilt)
    expect([issue?.plugin, issue?.path.join('.')]).toEqual([name, path])
  })

  it('are others in consumers and credentials for plugins that authenticate', () => {
    expect(inConsumer('key-auth', { key: 'a' })).toBeUndefined()
    expect(inConsumer('key-auth', {})).toMatchObject({ plugin: 'key-auth', path: ['key'] })
    expect(inConsumer('jwt-auth', { key: 'a', algorithm: 'RS256' })?.message).toContain('public_key')
    expect(inConsumer('limit-count', { count: 1 })).toMatchObject({ plugin: 'limit-count' })
  })

  it('may be anything when the plugin is disabled or unknown, except for what all plugins take', () => {
    expect(inRoute('limit-count', { _meta: { disable: true } })).toBeUndefined()
    expect(inRoute('my-own', { anything: 1, _meta: { priority: 1 } })).toBeUndefined()
    expect(inRoute('my-own', { _meta: { priority: 'high' } })).toMatchObject({ path: ['_meta', 'priority'] })
    expect(inRoute('my-own', { _meta: { prio: 1 } })).toMatchObject({ path: ['_meta'] })
  })

  it('as metadata are those of the plugin that the entry is named after', () => {
    const metadata = (id: string, value: JsonValue) => pluginIssueOf({ kind: 'plugin_metadata', id, value })
    expect(metadata('limit-count', { limit_header: 'X-Limit' })).toBeUndefined()
    expect(metadata('limit-count', { limit_header: 1 })).toMatchObject({ path: ['limit_header'] })
    expect(metadata('key-auth', { limit_header: 1 })).toBeUndefined()
  })

  it('can all be said as JSON Schema', () => {
    const schemas = knownPlugins.flatMap((plugin) => [plugin.settings, plugin.consumerSettings, plugin.metadata])
    const types = schemas.flatMap((schema) => (schema ? [jsonSchemaFrom(schema, { closed: false })['type']] : []))
    expect([types.length, ...new Set(types)]).toEqual([knownPlugins.length + 8, 'object'])
  })

  it('of any kind throw nothing, and are quoted nowhere', () => {
    const names = fc.constantFrom(...samples.map(([name]) => name), '__proto__', 'constructor')
    fc.assert(
      fc.property(names, jsonValues, (name, settings) => {
        const marked: JsonValue = { uri: 's3cret', key: 's3cret', settings }
        for (const value of [settings, marked]) {
          expect(inRoute(name, value)?.message ?? '').not.toContain('s3cret')
        }
      }),
    )
  })
})
