import { describe, expect, it } from 'vitest'

import { adminClient } from './admin-client.ts'
import { sampleResources } from './sample-resources.ts'

const upstream = { nodes: { '127.0.0.1:1980': 1 } }
const ssl = { ...sampleResources.find(({ kind }) => kind === 'ssls')?.value }
const clientCertificate = { ...ssl, sni: undefined, type: 'client' }
const notThere = (label: string): string => `failed to fetch ${label} info by ${label} id [x], response code: 404`

interface Put {
  readonly path: string
  readonly value: object
}

/** A use of something: what is used, what uses it, and what APISIX says. */
const uses: readonly {
  readonly what: string
  readonly used: Put
  readonly user: Put
  /** Absent: not checked when it is written, because it stands in a plugin. */
  readonly missing?: string
  readonly kept: string
}[] = [
  {
    what: 'an upstream by a route',
    used: { path: 'upstreams/x', value: upstream },
    user: { path: 'routes/r', value: { uri: '/', upstream_id: 'x' } },
    missing: notThere('upstream'),
    kept: 'can not delete this upstream, route [r] is still using it now',
  },
  {
    what: 'an upstream by a service',
    used: { path: 'upstreams/x', value: upstream },
    user: { path: 'services/s', value: { upstream_id: 'x' } },
    missing: notThere('upstream'),
    kept: 'can not delete this upstream, service [s] is still using it now',
  },
  {
    what: 'an upstream by a stream route',
    used: { path: 'upstreams/x', value: upstream },
    user: { path: 'stream_routes/t', value: { upstream_id: 'x' } },
    missing: notThere('upstream'),
    kept: 'can not delete this upstream, stream_route [t] is still using it now',
  },
  {
    what: 'an upstream by a plugin of a consumer group',
    used: { path: 'upstreams/x', value: upstream },
    user: {
      path: 'consumer_groups/g',
      value: { plugins: { 'traffic-split': { rules: [{ weighted_upstreams: [{ upstream_id: 'x' }] }] } } },
    },
    kept: 'can not delete this upstream, plugin in consumer_group [g] is still using it now',
  },
  {
    what: 'a service by a stream route',
    used: { path: 'services/x', value: { upstream } },
    user: { path: 'stream_routes/t', value: { service_id: 'x' } },
    missing: notThere('service'),
    kept: 'can not delete this service directly, stream_route [t] is still using it now',
  },
  {
    what: 'a plugin config by a route',
    used: { path: 'plugin_configs/x', value: { plugins: {} } },
    user: { path: 'routes/r', value: { uri: '/', upstream, plugin_config_id: 'x' } },
    missing: notThere('plugin config'),
    kept: 'can not delete this plugin config, route [r] is still using it now',
  },
  {
    what: 'a consumer group by a consumer',
    used: { path: 'consumer_groups/x', value: { plugins: {} } },
    user: { path: 'consumers/jack', value: { username: 'jack', group_id: 'x' } },
    missing: notThere('consumer group'),
    kept: 'can not delete this consumer group, consumer [jack] is still using it now',
  },
  {
    what: 'a client certificate by an upstream',
    used: { path: 'ssls/x', value: clientCertificate },
    user: { path: 'upstreams/u', value: { ...upstream, tls: { client_cert_id: 'x' } } },
    missing: notThere('ssl'),
    kept: 'can not delete this ssl, upstream [u] is still using it now',
  },
  {
    what: 'a client certificate by the upstream inside a route',
    used: { path: 'ssls/x', value: clientCertificate },
    user: { path: 'routes/r', value: { uri: '/', upstream: { ...upstream, tls: { client_cert_id: 'x' } } } },
    missing: notThere('ssl'),
    kept: 'can not delete this ssl, route [r] is still using it now',
  },
  {
    what: 'a proto by a plugin of a route',
    used: { path: 'protos/x', value: { content: 'syntax = "proto3";' } },
    user: { path: 'routes/r', value: { uri: '/', upstream, plugins: { 'grpc-transcode': { proto_id: 'x' } } } },
    kept: 'can not delete this proto, route [r] is still using it now',
  },
  {
    what: 'a stream route by one below it',
    used: { path: 'stream_routes/x', value: { protocol: { name: 'redis' } } },
    user: { path: 'stream_routes/t', value: { protocol: { name: 'redis', superior_id: 'x' } } },
    missing: 'failed to fetch stream routes[x], response code: 404',
    kept: 'can not delete this stream route directly, stream route [t] is still using it as superior_id',
  },
]

describe('Admin API: uses of other resources', () => {
  it.each(uses)('looks after the use of $what', async ({ used, user, missing, kept }) => {
    const { call } = await adminClient()
    const early = await call('PUT', user.path, user.value)
    expect([early.status, early.body]).toMatchObject(missing === undefined ? [201, {}] : [400, { error_msg: missing }])
    expect((await call('PUT', used.path, used.value)).status).toBe(201)
    expect((await call('PUT', user.path, user.value)).status).toBe(missing === undefined ? 200 : 201)
    const refused = await call('DELETE', used.path)
    expect([refused.status, refused.body]).toEqual([400, { error_msg: kept }])
    expect((await call('DELETE', `${used.path}?force=true`)).status).toBe(200)
    await call('PUT', used.path, used.value)
    await call('DELETE', user.path)
    expect((await call('DELETE', used.path)).status).toBe(200)
  })

  it('lets an upstream show no certificate of a server', async () => {
    const { call } = await adminClient()
    await call('PUT', 'ssls/x', ssl)
    expect((await call('PUT', 'upstreams/u', { ...upstream, tls: { client_cert_id: 'x' } })).body).toEqual({
      error_msg: 'failed to fetch ssl info by ssl id [x], wrong ssl type',
    })
  })

  it('lets no stream route be its own superior, nor one of another protocol', async () => {
    const { call } = await adminClient()
    await call('PUT', 'stream_routes/x', { protocol: { name: 'redis' } })
    const below = (name: string, superior: string): object => ({ protocol: { name, superior_id: superior } })
    expect((await call('PUT', 'stream_routes/x', below('redis', 'x'))).body).toEqual({
      error_msg: 'stream route can not set itself as superior_id',
    })
    expect((await call('PUT', 'stream_routes/t', below('dubbo', 'x'))).body).toMatchObject({
      error_msg: expect.stringContaining('protocol mismatch'),
    })
  })

  it('lets one global rule have a plugin, and that rule change it', async () => {
    const { call } = await adminClient()
    await call('PUT', 'global_rules/1', { plugins: { cors: {} } })
    expect((await call('PUT', 'global_rules/1', { plugins: { cors: { max_age: 1 } } })).status).toBe(200)
    expect((await call('PUT', 'global_rules/2', { plugins: { gzip: {}, cors: {} } })).body).toEqual({
      error_msg: "plugin 'cors' already exists in global rule with id '1'",
    })
  })

  it('refers to what is in the same gateway group only', async () => {
    const { call } = await adminClient()
    await call('PUT', 'gateway_groups/edge', {})
    await call('PUT', 'upstreams/x', upstream)
    const answer = await call('PUT', 'routes/r?gateway_group_id=edge', { uri: '/', upstream_id: 'x' })
    expect(answer.body).toEqual({ error_msg: notThere('upstream') })
  })
})

describe('An encoded slash in a path', () => {
  it.each([
    ['consumers/ghost%2Fcredentials%2Fx/credentials/1', { username: 'ghost' }, 'consumer not found'],
    ['consumers//credentials/1', { username: 'ghost' }, 'consumer not found'],
    ['services/ghost%2Fx/graphql_cost_decorations/1', {}, 'service not found'],
  ])('makes no owner of %s: nothing is written below what does not exist', async (path, value, reason) => {
    const { call, store } = await adminClient()
    for (const [method, body] of [
      ['PUT', value],
      ['GET', undefined],
      ['DELETE', undefined],
    ] as const) {
      const answer = await call(method, path, body)
      expect([method, answer.status, answer.body]).toEqual([method, 404, { error_msg: reason }])
    }
    expect(await store.revision()).toBe(1)
  })

  it('does not lead from a consumer to its credentials', async () => {
    const { call } = await adminClient()
    await call('PUT', 'consumers/jack', { username: 'jack' })
    await call('PUT', 'consumers/jack/credentials/1', { plugins: { 'key-auth': { key: 'secret' } } })
    expect((await call('GET', 'consumers/jack%2Fcredentials%2F1')).status).toBe(404)
    expect((await call('DELETE', 'consumers/jack%2Fcredentials%2F1')).status).toBe(404)
    expect((await call('GET', 'consumers/jack/credentials/1')).status).toBe(200)
  })
})
