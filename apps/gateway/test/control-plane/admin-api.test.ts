import { once } from 'node:events'
import { connect } from 'node:net'
import { createExporter } from '@outlast/exporter'
import { memorySource, silentLogger, snapshotStore } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createAdminApi, type AdminApiOptions } from '../../src/control-plane/admin-api/create-admin-api.ts'
import { keySpan, prefixSpan } from '../../src/control-plane/store/config-store.ts'
import { adminClient, keys } from './admin-client.ts'
import { scratchStore } from './scratch-store.ts'

const upstream = { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } }
const route = { uri: '/ip', upstream }

describe('Admin API: closing', () => {
  it('does not wait for connections that were made and never used', async () => {
    const app = createAdminApi({ store: await scratchStore(), keys, logger: silentLogger })
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect(Number(new URL(endpoint).port), '127.0.0.1')
    await once(socket, 'connect')
    await fetch(`${endpoint}/status`)
    const closed = once(socket, 'close')
    await app.close()
    await expect(closed).resolves.toBeDefined()
  })
})

describe('Admin API: keys and roles', () => {
  it.each([
    ['no key', {}, 'missing apikey'],
    ['an empty key', { 'x-api-key': '' }, 'missing apikey'],
    ['a wrong key', { 'x-api-key': 'admin-key-' }, 'wrong apikey'],
  ])('refuses %s', async (_what, headers, description) => {
    const { call } = await adminClient()
    for (const [method, path] of [
      ['GET', 'routes'],
      ['PUT', 'routes/1'],
      ['POST', 'routes'],
      ['PATCH', 'routes/1'],
      ['DELETE', 'routes/1'],
      ['GET', 'no_such_kind'],
    ] as const) {
      const answer = await call(method, path, undefined, headers)
      expect(answer.status).toBe(401)
      expect(answer.body).toEqual({ error_msg: 'failed to check token', description })
    }
  })

  it('lets a viewer read and nothing else', async () => {
    const { call, store } = await adminClient()
    const headers = { 'x-api-key': 'viewer-key' }
    expect((await call('GET', 'routes', undefined, headers)).status).toBe(200)
    for (const [method, path] of [
      ['PUT', 'routes/1'],
      ['POST', 'routes'],
      ['PATCH', 'routes/1'],
      ['DELETE', 'routes/1'],
    ] as const) {
      const answer = await call(method, path, route, headers)
      expect(answer.status).toBe(401)
      expect(answer.body).toMatchObject({ description: 'invalid method for role viewer' })
    }
    expect(await store.revision()).toBe(1)
  })

  it('takes the key from query and cookie too', async () => {
    const { call } = await adminClient()
    expect((await call('GET', 'routes?api_key=admin-key', undefined, {})).status).toBe(200)
    expect((await call('GET', 'routes', undefined, { cookie: 'a=b; x_api_key=admin-key' })).status).toBe(200)
  })

  it('answers HEAD without a key, as clients probe for it', async () => {
    const { endpoint } = await adminClient()
    const response = await fetch(`${endpoint}/apisix/admin`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('server')).toMatch(/^APISIX\/3\.\d+\.\d+$/)
  })
})

describe('Admin API: one resource', () => {
  it('creates with 201, replaces with 200, and keeps the time of creation', async () => {
    const { call, setTime, store } = await adminClient()
    const created = await call('PUT', 'routes/1', route)
    expect(created.status).toBe(201)
    expect(created.headers.get('x-api-version')).toBe('v3')
    const value = { ...route, id: '1', create_time: 1000, update_time: 1000 }
    expect(created.body).toEqual({ key: '/apisix/routes/1', value })
    setTime(2000)
    const replaced = await call('PUT', 'routes/1', { ...route, name: 'ip' })
    expect(replaced.status).toBe(200)
    const newValue = { ...value, name: 'ip', update_time: 2000 }
    expect(replaced.body).toEqual({ key: '/apisix/routes/1', value: newValue })

    const got = await call('GET', 'routes/1')
    expect(got.body).toEqual({ key: '/apisix/routes/1', value: newValue, createdIndex: 2, modifiedIndex: 3 })
    const [stored] = (await store.range({ keys: keySpan('/gateway_groups/default/routes/1') })).items
    expect(JSON.parse(String(stored?.value))).toEqual(newValue)
  })

  it('takes an id from the body, and refuses two that differ', async () => {
    const { call } = await adminClient()
    expect((await call('PUT', 'routes', { ...route, id: 7 })).body).toMatchObject({ key: '/apisix/routes/7' })
    expect((await call('PUT', 'routes/7', { ...route, id: 7 })).status).toBe(200)
    const differing = await call('PUT', 'routes/7', { ...route, id: 8 })
    expect([differing.status, differing.body]).toEqual([400, { error_msg: 'wrong route id' }])
    const missing = await call('PUT', 'routes', route)
    expect([missing.status, missing.body]).toEqual([400, { error_msg: 'missing route id' }])
  })

  it('generates a 20-digit id for POST', async () => {
    const { call } = await adminClient()
    const ids = new Set<string>()
    for (let n = 0; n < 3; n += 1) {
      const posted = await call('POST', 'routes', route)
      expect(posted.status).toBe(201)
      expect(posted.body).toMatchObject({ key: expect.stringMatching(/^\/apisix\/routes\/\d{20}$/) })
      ids.add(JSON.stringify(posted.body))
    }
    expect(ids.size).toBe(3)
    expect((await call('POST', 'routes/1', route)).body).toEqual({ error_msg: 'wrong route id, do not need it' })
  })

  it('merges PATCH bodies: objects deeply, null removes, lists and all else replace', async () => {
    const { call, setTime } = await adminClient()
    await call('PUT', 'routes/1', {
      uri: '/a',
      methods: ['GET', 'PUT'],
      desc: 'old',
      upstream: { ...upstream, retries: 1 },
    })
    setTime(3000)
    const patched = await call('PATCH', 'routes/1', {
      methods: ['POST'],
      desc: null,
      upstream: { nodes: { '127.0.0.1:1981': 2 }, retries: null },
    })
    expect([patched.status, patched.body]).toEqual([
      200,
      {
        key: '/apisix/routes/1',
        value: {
          id: '1',
          uri: '/a',
          methods: ['POST'],
          upstream: { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1, '127.0.0.1:1981': 2 } },
          create_time: 1000,
          update_time: 3000,
        },
      },
    ])
  })

  it('replaces exactly what a PATCH path names', async () => {
    const { call } = await adminClient()
    await call('PUT', 'upstreams/1', upstream)
    const patched = await call('PATCH', 'upstreams/1/nodes', { '10.0.0.1:80': 5 })
    expect(patched.body).toMatchObject({ value: { nodes: { '10.0.0.1:80': 5 } } })
    expect(JSON.stringify(patched.body)).not.toContain('1980')
    expect((await call('PATCH', 'upstreams/1/type/deeper', 1)).body).toEqual({
      error_msg: 'invalid sub-path: /type/deeper',
    })
    expect((await call('PATCH', 'upstreams/1/__proto__/polluted', 'yes')).status).toBe(400)
    expect({}).not.toHaveProperty('polluted')
    expect((await call('GET', 'upstreams/1')).body).toMatchObject({ modifiedIndex: 3 })
  })

  it('deletes, and answers 404 for what does not exist', async () => {
    const { call } = await adminClient()
    await call('PUT', 'routes/1', route)
    const deleted = await call('DELETE', 'routes/1')
    expect([deleted.status, deleted.body]).toEqual([200, { key: '/apisix/routes/1', deleted: '1' }])
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const answer = await call(method, 'routes/1', method === 'PATCH' ? {} : undefined)
      expect([answer.status, answer.body]).toEqual([404, { message: 'Key not found' }])
    }
  })
})

describe('Admin API: what it refuses', () => {
  it.each<[string, string, string, unknown, unknown]>([
    [
      'a wrong type',
      'PUT',
      'routes/1',
      { ...route, priority: 'high' },
      expect.stringMatching(/^invalid configuration: .*priority/),
    ],
    [
      'uri and uris',
      'PUT',
      'routes/1',
      { ...route, uris: ['/b'] },
      expect.stringMatching(/^invalid configuration: .*uri/),
    ],
    [
      'an unknown field',
      'PUT',
      'routes/1',
      { ...route, url: '/' },
      'invalid configuration: additional properties forbidden, found url',
    ],
    ['an impossible id', 'PUT', 'routes/a%2Fb', route, expect.stringMatching(/^invalid configuration: property "id"/)],
    ['create_time', 'PUT', 'routes/1', { ...route, create_time: 1 }, 'the property is forbidden:  create_time'],
    [
      'create_time inside',
      'PUT',
      'routes/1',
      { ...route, upstream: { ...upstream, update_time: 1 } },
      'the property is forbidden:  upstream.update_time',
    ],
    ['no body', 'PUT', 'routes/1', undefined, 'missing configurations'],
    ['a body that is no object', 'PUT', 'routes/1', '[]', expect.stringMatching(/^invalid configuration/)],
    ['broken JSON', 'PUT', 'routes/1', '{"uri":', 'invalid request body: it is not valid JSON'],
    [
      'a missing upstream',
      'PUT',
      'routes/1',
      { uri: '/', upstream_id: '9' },
      'failed to fetch upstream info by upstream id [9], response code: 404',
    ],
    [
      'a missing service',
      'POST',
      'routes',
      { uri: '/', service_id: 9 },
      'failed to fetch service info by service id [9], response code: 404',
    ],
    [
      'a missing plugin config',
      'PUT',
      'routes/1',
      { ...route, plugin_config_id: 'p' },
      'failed to fetch plugin config info by plugin config id [p], response code: 404',
    ],
    ['a ttl', 'PUT', 'routes/1?ttl=5', route, 'invalid argument ttl: it is not supported'],
    [
      'a group that is no name',
      'PUT',
      'routes/1?gateway_group_id=..%2Fother',
      route,
      'invalid argument gateway_group_id',
    ],
    [
      'a patch that makes it invalid',
      'PATCH',
      'routes/kept',
      { uri: null },
      expect.stringMatching(/^invalid configuration/),
    ],
    ['DELETE without an id', 'DELETE', 'routes', undefined, 'missing route id'],
  ])('%s', async (_what, method, path, body, message) => {
    const { call, store } = await adminClient()
    await call('PUT', 'routes/kept', route)
    const answer = await call(method, path, body)
    expect([answer.status, answer.body]).toEqual([400, { error_msg: message }])
    expect(await store.revision()).toBe(2)
  })

  it('bodies above 1.5 MiB, and takes those below', async () => {
    const { call } = await adminClient()
    const sized = (bytes: number): object => ({ uri: '/', upstream, vars: [['arg_a', '==', 'x'.repeat(bytes)]] })
    expect((await call('PUT', 'routes/1', sized(1.4 * 1024 * 1024))).status).toBe(201)
    const refused = await call('PUT', 'routes/1', sized(1.6 * 1024 * 1024))
    expect(refused.status).toBe(400)
    expect(refused.body).toMatchObject({ error_msg: expect.stringContaining('maximum size 1572864') })
  })

  it.each([
    ['a lone surrogate', String.raw`{"uri":"/","plugins":{"x":{"a":"\ud800"}}}`],
    ['a number without end', '{"uri":"/","plugins":{"x":{"a":1e999}}}'],
    ['very deep nesting', `{"uri":"/","plugins":{"x":${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}}`],
  ])('what no snapshot could hold: %s', async (_what, body) => {
    const { call, store } = await adminClient()
    const answer = await call('PUT', 'routes/1', body)
    expect(answer).toMatchObject({
      status: 400,
      body: { error_msg: expect.stringMatching(/^invalid configuration: /) },
    })
    expect(await store.revision()).toBe(1)
  })

  it('a URL that cannot be decoded, without quoting it', async () => {
    const { call } = await adminClient()
    for (const [path, status] of [
      ['routes/%zz?api_key=admin-key', 400],
      [`routes/${'x'.repeat(600)}?api_key=admin-key`, 414],
    ] as const) {
      const answer = await call('GET', path)
      expect([answer.status, answer.body]).toEqual([status, { error_msg: 'invalid URI' }])
    }
  })

  it('to quote a stored value that is damaged, in answers and in the log', async () => {
    const lines: unknown[] = []
    const note = (...line: unknown[]): void => void lines.push(line)
    const { call, store } = await adminClient({ logger: { debug: note, info: note, warn: note, error: note } })
    const key = '/gateway_groups/default/routes/1'
    await store.transaction({ operations: [{ type: 'put', key, value: '{"plugins":s3cret' }] })
    const answer = await call('GET', 'routes/1')
    expect(answer.status).toBe(503)
    expect(JSON.stringify([answer.body, lines])).not.toContain('s3cret')
  })

  it('unknown kinds and paths', async () => {
    const { call, endpoint } = await adminClient()
    const unknown = await call('GET', 'rotues')
    expect([unknown.status, unknown.body]).toEqual([404, { error_msg: 'Unsupported resource type: rotues' }])
    expect((await fetch(`${endpoint}/elsewhere`)).status).toBe(404)
  })

  it('to delete what is in use, unless forced', async () => {
    const { call } = await adminClient()
    await call('PUT', 'upstreams/up', upstream)
    await call('PUT', 'services/svc', { upstream_id: 'up' })
    await call('PUT', 'routes/r', { uri: '/', service_id: 'svc' })
    await call('PUT', 'upstreams/2', upstream)
    const weighted = { 'traffic-split': { rules: [{ weighted_upstreams: [{ upstream_id: 2, weight: 1 }] }] } }
    await call('PUT', 'routes/split', { uri: '/split', upstream, plugins: weighted })

    const refusals = [
      ['services/svc', 'can not delete this service directly, route [r] is still using it now'],
      ['upstreams/up', 'can not delete this upstream, service [svc] is still using it now'],
      ['upstreams/2', 'can not delete this upstream, plugin in route [split] is still using it now'],
    ] as const
    for (const [path, message] of refusals) {
      const answer = await call('DELETE', path)
      expect([answer.status, answer.body]).toEqual([400, { error_msg: message }])
    }
    for (const [path] of refusals) {
      expect((await call('DELETE', `${path}?force=true`)).status).toBe(200)
    }
  })

  it('a use of what is being deleted, whoever comes first', async () => {
    const { call } = await adminClient()
    for (let round = 0; round < 10; round += 1) {
      await call('PUT', 'upstreams/up', upstream)
      const [write, deletion] = await Promise.all([
        call('PUT', 'routes/r', { uri: '/', upstream_id: 'up' }),
        call('DELETE', 'upstreams/up'),
      ])
      expect([write.status < 300, deletion.status < 300]).toContain(false)
      await call('DELETE', 'routes/r')
      await call('DELETE', 'upstreams/up')
    }
  })
})

describe('Admin API: lists', () => {
  it('is empty at first, and holds each kind and each gateway group by itself', async () => {
    const { call, store } = await adminClient()
    expect((await call('GET', 'routes')).body).toEqual({ total: 0, list: [] })
    await call('PUT', 'routes/1', route)
    await call('PUT', 'upstreams/1', upstream)
    await call('PUT', 'gateway_groups/edge', {})
    await call('PUT', 'routes/1?gateway_group_id=edge', { ...route, name: 'edge' })
    expect((await call('GET', 'routes')).body).toMatchObject({
      total: 1,
      list: [{ key: '/apisix/routes/1', createdIndex: 2, modifiedIndex: 2 }],
    })
    expect((await call('GET', 'routes/1?gateway_group_id=edge')).body).toMatchObject({ value: { name: 'edge' } })
    expect((await store.range({ keys: prefixSpan('/') })).items.map((item) => item.key)).toEqual([
      '/gateway_groups/default/routes/1',
      '/gateway_groups/default/upstreams/1',
      '/gateway_groups/edge/routes/1',
      '/outlast/data_plane_tokens/edge',
      '/outlast/gateway_groups/default',
      '/outlast/gateway_groups/edge',
    ])
  })

  it('comes in pages in the order of creation', async () => {
    const { call } = await adminClient()
    for (let n = 25; n > 0; n -= 1) {
      await call('PUT', `routes/${String(n)}`, route)
    }
    const keysOf = async (query: string): Promise<unknown> => (await call('GET', `routes?${query}`)).body
    expect(await keysOf('page=3&page_size=10')).toMatchObject({
      total: 25,
      list: [5, 4, 3, 2, 1].map((n) => ({ key: `/apisix/routes/${n}` })),
    })
    expect(await keysOf('page=4&page_size=10')).toEqual({ total: 25, list: [] })
    expect((await call('GET', 'routes?page=1&page_size=9')).body).toEqual({
      error_msg: 'page_size must be between 10 and 500',
    })
  })

  it('comes in pages of whole items, without what belongs to them', async () => {
    const { call } = await adminClient()
    const ids = ['c', 'a', 'd', 'b', ...Array.from({ length: 8 }, (_none, index) => `z${index}`)]
    for (const id of ids) {
      await call('PUT', `services/${id}`, { name: `service ${id}` })
      await call('PUT', `services/${id}/graphql_cost_decorations/1`, { field_path: 'Query.a' })
    }
    const listed = (some: readonly string[]): object => ({
      total: ids.length,
      list: some.map((id) => ({ key: `/apisix/services/${id}`, value: { id, name: `service ${id}` } })),
    })
    expect((await call('GET', 'services?page=1&page_size=10')).body).toMatchObject(listed(ids.slice(0, 10)))
    expect((await call('GET', 'services?page=2&page_size=10')).body).toMatchObject(listed(ids.slice(10)))
  })

  it('filters by name, uri, label and reference', async () => {
    const { call } = await adminClient()
    await call('PUT', 'services/s', { upstream })
    await call('PUT', 'routes/a', { uri: '/users', name: 'users', labels: { team: 'x' }, service_id: 's' })
    await call('PUT', 'routes/b', { uris: ['/v1/users', '/v2'], name: 'all users', upstream })
    const found = async (query: string): Promise<unknown> => {
      const { body } = await call('GET', `routes?${query}`)
      return body
    }
    const only = (...ids: string[]): object => ({
      total: ids.length,
      list: ids.map((id) => ({ key: `/apisix/routes/${id}` })),
    })
    expect(await found('name=users')).toMatchObject(only('a', 'b'))
    expect(await found('name=^users')).toMatchObject(only('a'))
    expect(await found('uri=/v2$')).toMatchObject(only('b'))
    expect(await found('label=team')).toMatchObject(only('a'))
    expect(await found('filter=service_id%3Ds')).toMatchObject(only('a'))
    expect(await found('uri=(a|b)*')).toMatchObject({ error_msg: expect.stringContaining('plain text') })
  })
})

describe('Admin API: what operators see', () => {
  it('says how store and exporters are', async () => {
    const store = await scratchStore()
    const snapshots = snapshotStore({ group: 'default', resources: memoryStorage(), instance: memoryStorage() })
    const exporter = createExporter({ store: snapshots, source: memorySource(), schedule: '@every 1m' })
    const exporterStatus: AdminApiOptions['exporterStatus'] = () => ({ default: exporter.status() })
    const app = createAdminApi({ store, keys, logger: silentLogger, exporterStatus })
    onTestFinished(() => app.close())
    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
    const status = async (): Promise<readonly [number, unknown]> => {
      const response = await fetch(`${endpoint}/status`)
      return [response.status, await response.json()]
    }
    const { clusterId } = await store.identity()
    expect(await status()).toEqual([
      200,
      { ok: true, revision: 1, clusterId, exporters: JSON.parse(JSON.stringify(exporterStatus())) },
    ])
    await store.close()
    expect(await status()).toMatchObject([200, { ok: false }])
  })

  it('keeps bodies, keys and queries out of the log', async () => {
    const lines: string[] = []
    const log = (fields: object, message: string): void => {
      lines.push(JSON.stringify([fields, message]))
    }
    const { call } = await adminClient({ logger: { debug: log, info: log, warn: log, error: log } })
    await call('PUT', 'routes/1?api_key=admin-key', { ...route, desc: 'hidden-content' }, {})
    await call('PUT', 'routes/2', '{"desc": hidden-content')
    await call('PUT', 'routes/3', { ...route, priority: 'hidden-content' })
    await call('GET', 'routes?name=hidden-content')
    // One for each request, and one for the change.
    expect(lines).toHaveLength(5)
    expect(lines.join('\n')).not.toMatch(/hidden-content|admin-key/)
  })
})
