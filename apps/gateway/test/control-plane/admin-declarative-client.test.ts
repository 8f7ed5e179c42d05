import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { prefixSpan } from '../../src/control-plane/store/config-store.ts'
import { adminClient } from './admin-client.ts'
import { declarativeClient, type SyncStep } from './declarative-client.ts'
import { sampleResources } from './sample-resources.ts'

const labels = { 'managed-by': 'adc' }
const idOf = (name: string): string => createHash('sha1').update(name).digest('hex')
const nodes = [{ host: '127.0.0.1', port: 1980, weight: 1 }]
const ssl = { cert: '', key: '', ...sampleResources.find(({ kind }) => kind === 'ssls')?.value }

/** What such a client makes of a file with these many services, each with a route and an upstream. */
function configuration(count: number) {
  const names = Array.from({ length: count }, (_, n) => `service-${String(n)}`)
  const users = Array.from({ length: count }, (_, n) => `user-${String(n)}`)
  return {
    ssls: [{ id: idOf('a.test'), snis: ['a.test'], cert: ssl.cert, key: ssl.key, labels }],
    upstreams: names.map((name) => ({
      id: idOf(`${name}.canary`),
      name: 'canary',
      nodes,
      labels: { ...labels, __ADC_UPSTREAM_SERVICE_ID: idOf(name) },
    })),
    services: names.map((name) => ({ id: idOf(name), name, upstream: { type: 'roundrobin', nodes }, labels })),
    routes: names.map((name) => ({
      id: idOf(`${name}.route`),
      name: 'route',
      uris: [`/${name}/*`],
      service_id: idOf(name),
      plugins: {
        'traffic-split': { rules: [{ weighted_upstreams: [{ upstream_id: idOf(`${name}.canary`), weight: 1 }] }] },
      },
      labels,
    })),
    stream_routes: [{ id: idOf('stream'), name: 'stream', server_port: 9100, service_id: idOf('service-0'), labels }],
    consumers: users.map((username) => ({ username, labels })),
    credentials: users.map((username) => ({
      username,
      id: idOf(`${username}.key`),
      name: 'key',
      plugins: { 'key-auth': { key: `key of ${username}` } },
      labels,
    })),
    global_rules: [{ id: 'prometheus', plugins: { prometheus: { prefer_name: true } } }],
    plugin_metadata: [{ id: 'http-logger', log_format: { host: '$host' } }],
  }
}

function phasesOf(wanted: ReturnType<typeof configuration>): readonly (readonly SyncStep[])[] {
  const byId = (kind: string, items: readonly { readonly id: string }[]): SyncStep[] =>
    items.map((value) => ({ path: `${kind}/${value.id}`, value }))
  return [
    byId('ssls', wanted.ssls),
    byId('upstreams', wanted.upstreams),
    byId('services', wanted.services),
    byId('routes', wanted.routes),
    byId('stream_routes', wanted.stream_routes),
    wanted.consumers.map((value) => ({ path: `consumers/${value.username}`, value })),
    byId('global_rules', wanted.global_rules),
    wanted.plugin_metadata.map(({ id, ...value }) => ({ path: `plugin_metadata/${id}`, value })),
    wanted.credentials.map(({ username, ...value }) => ({
      path: `consumers/${username}/credentials/${value.id}`,
      value,
    })),
  ]
}

/** What it sends to be validated: credentials are no part of it. */
function validated(wanted: ReturnType<typeof configuration>): object {
  return Object.fromEntries(Object.entries(wanted).filter(([kind]) => kind !== 'credentials'))
}

describe('Admin API: a re-enactment of the calls of a declarative client (ADC)', () => {
  it('pings, dumps, validates, syncs ten in parallel, and finds what it wrote', async () => {
    const { endpoint } = await adminClient()
    const client = declarativeClient(endpoint, 'admin-key')
    expect(await client.ping()).toBe('3.18.0')
    const empty = await client.dump()
    expect(Object.values(empty).flat()).toEqual([])

    const wanted = configuration(25)
    expect(await client.validate(validated(wanted))).toEqual({ status: 200, body: {} })
    await client.sync(phasesOf(wanted))
    expect(client.mostInParallel()).toBe(10)

    const found = await client.dump()
    for (const kind of ['upstreams', 'services', 'routes', 'stream_routes', 'global_rules'] as const) {
      const values = (found[kind] ?? []).map(({ value }) => value)
      expect(values).toHaveLength(wanted[kind].length)
      for (const value of wanted[kind]) {
        expect(values).toContainEqual(expect.objectContaining(value))
      }
    }
    expect(found['plugin_metadata']?.map(({ key }) => key)).toEqual(['/apisix/plugin_metadata/http-logger'])
    expect(found['ssls']?.map(({ value }) => Object.keys(value).includes('key'))).toEqual([false])
    expect(found['consumers']).toHaveLength(25)
    for (const { value } of found['consumers'] ?? []) {
      const plugins = { 'key-auth': { key: `key of ${String(value['username'])}` } }
      expect(value['credentials']).toEqual([expect.objectContaining({ value: expect.objectContaining({ plugins }) })])
    }
  })

  it('deletes in the opposite order, until nothing is left', async () => {
    const { endpoint, store } = await adminClient()
    const client = declarativeClient(endpoint, 'admin-key')
    const phases = phasesOf(configuration(5))
    await client.sync(phases)
    await client.sync(phases.toReversed().map((phase) => phase.map(({ path }) => ({ path }))))
    const left = await store.range({ keys: prefixSpan('/gateway_groups/') })
    expect(left.items).toEqual([])
  })

  it('is told of each item why it is not valid', async () => {
    const { endpoint } = await adminClient()
    const wanted = configuration(2)
    const [route, other] = wanted.routes
    const answer = await declarativeClient(endpoint, 'admin-key').validate({
      ...validated(wanted),
      routes: [route, { ...other, id: route?.id, uris: [] }],
      consumers: [{ username: 'jack', plugin: {} }],
      global_rules: [{ id: '1', plugins: { 'limit-req': { rate: 1, burst: 0 } } }],
    })
    expect(answer).toEqual({
      status: 400,
      body: {
        error_msg: 'Configuration validation failed',
        errors: [
          {
            resource_type: 'routes',
            resource_id: route?.id,
            index: 1,
            error: expect.stringMatching(/^invalid configuration: property "uris" validation failed: /),
          },
          {
            resource_type: 'routes',
            resource_id: route?.id,
            index: 1,
            error: `found duplicate id ${String(route?.id)} in routes`,
          },
          {
            resource_type: 'consumers',
            resource_id: 'jack',
            index: 0,
            error: 'invalid configuration: additional properties forbidden, found plugin',
          },
          {
            resource_type: 'global_rules',
            resource_id: '1',
            index: 0,
            error: expect.stringMatching(/^failed to check the configuration of plugin limit-req err: property "key"/),
          },
        ],
      },
    })
  })
})
