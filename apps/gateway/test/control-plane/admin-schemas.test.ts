import { describe, expect, it } from 'vitest'

import { adminClient } from './admin-client.ts'
import { sampleResources } from './sample-resources.ts'

describe('Admin API: schemas and plugins', () => {
  it('shows what a resource looks like, under both of its names', async () => {
    const { call } = await adminClient()
    for (const name of ['route', 'routes']) {
      const { status, body } = await call('GET', `schema/${name}`)
      expect([status, body]).toMatchObject([
        200,
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            uri: { type: 'string', minLength: 1, maxLength: 4096 },
            uris: { type: 'array', uniqueItems: true },
            upstream: { type: 'object', additionalProperties: false },
          },
        },
      ])
    }
    expect((await call('GET', 'schema/plugin_config')).body).toMatchObject({ required: ['plugins'] })
    expect((await call('GET', 'schema/rout')).body).toEqual({ error_msg: 'not found schema: rout' })
  })

  it('shows what a plugin takes in a route, in a consumer, and as metadata', async () => {
    const { call } = await adminClient()
    expect((await call('GET', 'schema/plugins/key-auth')).body).toMatchObject({
      properties: { header: { type: 'string', default: 'apikey' } },
    })
    expect((await call('GET', 'schema/plugins/key-auth?schema_type=consumer')).body).toMatchObject({
      required: ['key'],
    })
    expect((await call('GET', 'plugins/limit-count?schema_type=metadata')).body).toMatchObject({
      properties: { limit_header: { default: 'X-RateLimit-Limit' } },
    })
    const missing = await call('GET', 'schema/plugins/no-such')
    expect([missing.status, missing.body]).toEqual([404, { error_msg: 'plugin not found in subsystem http' }])
    expect((await call('GET', 'schema/plugins/cors?schema_type=consumer')).body).toEqual({
      error_msg: 'not found schema',
    })
    expect((await call('GET', 'schema/plugins/cors?subsystem=stream')).status).toBe(404)
    expect((await call('GET', 'plugins?all=true')).body).toMatchObject({
      'basic-auth': { priority: 2520, type: 'auth', consumer_schema: { required: ['username', 'password'] } },
    })
  })

  it('names plugins in the order in which they run', async () => {
    const { call } = await adminClient()
    const { body } = await call('GET', 'plugins/list')
    expect(body).toEqual(expect.arrayContaining(['key-auth', 'limit-count', 'http-logger']))
    const names = Array.isArray(body) ? body.map(String) : []
    expect([names[0], names.at(-1)]).toEqual(['client-control', 'http-logger'])
    expect((await call('GET', 'plugins/list?subsystem=stream')).body).toEqual([])
    expect((await call('GET', 'plugins/list?subsystem=mail')).status).toBe(400)
    expect((await call('PUT', 'plugins/reload')).body).toBe('done')
  })

  it.each(sampleResources)(
    'says of a valid one of $kind that it is, and of another why not',
    async ({ kind, value }) => {
      const { call, store } = await adminClient()
      const path = `schema/validate/${kind}`
      const own = kind === 'secrets' ? { ...value, id: 'vault/1' } : value
      const valid = await call('POST', path, own)
      expect([valid.status, valid.body]).toEqual([200, undefined])
      const invalid = await call('POST', path, '[]')
      expect([invalid.status, invalid.body]).toMatchObject([
        400,
        { error_msg: expect.stringMatching(/^invalid configuration: /) },
      ])
      expect(await store.revision()).toBe(1)
    },
  )

  it('takes a whole configuration as YAML too, and names what it does not know', async () => {
    const { endpoint } = await adminClient()
    const validate = async (text: string): Promise<unknown> => {
      const response = await fetch(`${endpoint}/apisix/admin/configs/validate`, {
        method: 'POST',
        headers: { 'x-api-key': 'admin-key', 'content-type': 'application/yaml' },
        body: text,
      })
      return response.json()
    }
    expect(
      await validate('routes:\n  - id: 1\n    uri: /\n    upstream: { nodes: {} }\nroutes_conf_version: 3\n'),
    ).toEqual({})
    expect(await validate('route: []\nroutes: {}\nupstreams_conf_version: new\n')).toEqual({
      error_msg: 'Configuration validation failed',
      errors: [
        { resource_type: 'route', error: 'unknown resource type: route' },
        { resource_type: 'routes', error: 'routes must be a list' },
        { resource_type: 'upstreams', error: 'upstreams_conf_version must be a number' },
      ],
    })
    expect(await validate('routes: [ s3cret')).toEqual({ error_msg: 'invalid request body: it is not valid YAML' })
  })

  it('says of a consumer and of its credential why they are not valid', async () => {
    const { call } = await adminClient()
    const answer = await call('POST', 'configs/validate', {
      consumers: [
        { username: 'jack' },
        { id: 'jack/credentials/1', plugins: { 'key-auth': {} } },
        { id: 'jack/credentials/1', plugins: {} },
        { id: 'jack/credentials/2', plugins: { cors: {} } },
      ],
      secrets: [{ id: 'safe/1' }],
    })
    const place = { resource_type: 'consumers', resource_id: 'jack/credentials/1' }
    expect(answer.body).toMatchObject({
      errors: [
        { ...place, index: 1, error: expect.stringContaining('plugin key-auth') },
        { ...place, index: 2, error: 'found duplicate credential id jack/credentials/1 in consumers' },
        {
          resource_type: 'consumers',
          resource_id: 'jack/credentials/2',
          index: 3,
          error: 'only supports auth type plugins in consumer credential',
        },
        { resource_type: 'secrets', resource_id: 'safe/1', index: 0, error: 'invalid secret manager: safe' },
      ],
    })
  })

  it('takes what belongs to a service for what it is, and not for another service', async () => {
    const { call } = await adminClient()
    const id = 'svc/graphql_cost_decorations/1'
    const services = [
      { id: 'svc', upstream: { nodes: {} } },
      { id, service_id: 'svc', field_path: 'Query.a' },
    ]
    expect(await call('POST', 'configs/validate', { services })).toMatchObject({ status: 200, body: {} })
    const wrong = await call('POST', 'configs/validate', { services: [{ id, upstream: { nodes: {} } }] })
    expect(wrong.body).toMatchObject({
      errors: [{ resource_type: 'services', resource_id: id, index: 0, error: expect.stringContaining('upstream') }],
    })
  })
})
