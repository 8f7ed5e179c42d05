import { silentLogger, systemClock } from '@outlast/snapshot'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { dataPlaneRegistry, type DataPlaneRegistry } from '../../src/control-plane/data-planes/data-plane-registry.ts'
import { createEtcdApi, type EtcdApiOptions } from '../../src/control-plane/etcd-api/create-etcd-api.ts'
import { registerGroup } from '../../src/control-plane/gateway-groups.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { certificatePem, dataPlaneCall, type DataPlaneAnswer, type Shown } from './data-plane-call.ts'
import { below, etcdClient } from './etcd-client.ts'
import { put, remove, scratchStore } from './scratch-store.ts'

const tokens = [
  { group: 'default', token: 'token-of-default' },
  { group: 'edge', token: 'token-of-edge' },
  { group: 'deleted', token: 'token-of-deleted' },
]

/** Who somebody is found to be: a data plane of a group; a stranger; or nobody that a connection is made with. */
type Found = 'default' | 'edge' | 'stranger' | 'unconnected'

const holders: readonly {
  readonly who: string
  readonly over: 'http' | 'https'
  readonly shown: Shown
  readonly found: Found
}[] = [
  { who: 'nothing', over: 'http', shown: {}, found: 'stranger' },
  { who: 'a wrong token', over: 'http', shown: { token: 'wrong' }, found: 'stranger' },
  { who: 'the token of a group that is gone', over: 'http', shown: { token: 'token-of-deleted' }, found: 'stranger' },
  { who: "another group's token", over: 'http', shown: { token: 'token-of-edge' }, found: 'edge' },
  { who: 'the right token', over: 'http', shown: { token: 'token-of-default' }, found: 'default' },
  { who: 'no certificate', over: 'https', shown: {}, found: 'unconnected' },
  { who: 'the right token alone', over: 'https', shown: { token: 'token-of-default' }, found: 'unconnected' },
  { who: 'an expired certificate', over: 'https', shown: { certificate: 'expired' }, found: 'unconnected' },
  { who: "a foreign CA's certificate", over: 'https', shown: { certificate: 'foreign' }, found: 'unconnected' },
  { who: "another group's certificate", over: 'https', shown: { certificate: 'edge' }, found: 'edge' },
  { who: 'the right certificate', over: 'https', shown: { certificate: 'default' }, found: 'default' },
  {
    who: 'the right certificate and the right token',
    over: 'https',
    shown: { certificate: 'default', token: 'token-of-default' },
    found: 'default',
  },
  {
    who: "the right certificate and another group's token",
    over: 'https',
    shown: { certificate: 'default', token: 'token-of-edge' },
    found: 'stranger',
  },
  {
    who: 'the right certificate and a wrong token',
    over: 'https',
    shown: { certificate: 'default', token: 'wrong' },
    found: 'stranger',
  },
  { who: 'a certificate that names no group', over: 'https', shown: { certificate: 'no-group' }, found: 'stranger' },
  {
    who: 'a certificate that names no group, and the right token',
    over: 'https',
    shown: { certificate: 'no-group', token: 'token-of-default' },
    found: 'default',
  },
  { who: 'a certificate of two groups', over: 'https', shown: { certificate: 'two-groups' }, found: 'stranger' },
  {
    who: 'a certificate with a name that only quotes that of a group',
    over: 'https',
    shown: { certificate: 'quoted' },
    found: 'stranger',
  },
]

const unauthenticated = [
  401,
  '{"error":"etcdserver: invalid auth token","message":"etcdserver: invalid auth token","code":16}',
]
const denied = [403, '{"error":"etcdserver: permission denied","message":"etcdserver: permission denied","code":7}']
const ok = (line: string) => [200, expect.stringContaining(line)]

const ofDefault = below('/gateway_groups/default/')
const ofEdge = below('/gateway_groups/edge/')
const heartbeat = { id: 'some-node', hostname: 'h', version: '1', mode: 'live', quarantined: 0, startedAt: 1 }

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: object
  /** What a data plane of `default` is answered, one of `edge`, and a stranger. */
  readonly answers: Readonly<Record<Exclude<Found, 'unconnected'>, unknown>>
}

/** The same for every data plane, and none of a stranger's business. */
const forDataPlanes = (answer: unknown) => ({ default: answer, edge: answer, stranger: unauthenticated })
const forAnyone = (answer: unknown) => ({ default: answer, edge: answer, stranger: answer })

const calls: readonly Call[] = [
  {
    method: 'POST',
    path: '/v3/kv/range',
    body: ofDefault,
    answers: { default: ok('"count":"1"'), edge: denied, stranger: unauthenticated },
  },
  {
    method: 'POST',
    path: '/v3/kv/range',
    body: ofEdge,
    answers: { default: denied, edge: ok('"count":"1"'), stranger: unauthenticated },
  },
  {
    method: 'POST',
    path: '/v3/watch',
    body: { create_request: ofDefault },
    answers: {
      default: [200, expect.stringMatching(/"created":true\}\}$/)],
      edge: ok('"cancel_reason":"rpc error: code = PermissionDenied'),
      stranger: unauthenticated,
    },
  },
  { method: 'POST', path: '/v3/maintenance/status', body: {}, answers: forDataPlanes(ok('"version":"3.4.0"')) },
  { method: 'POST', path: '/outlast/v1/heartbeat', body: heartbeat, answers: forDataPlanes([204, '']) },
  { method: 'POST', path: '/v3/kv/put', body: ofDefault, answers: forDataPlanes(denied) },
  { method: 'POST', path: '/v3/kv/deleterange', body: ofDefault, answers: forDataPlanes(denied) },
  { method: 'POST', path: '/v3/kv/txn', body: {}, answers: forDataPlanes(denied) },
  { method: 'POST', path: '/v3/kv/compaction', body: {}, answers: forDataPlanes(denied) },
  { method: 'POST', path: '/v3/lease/grant', body: {}, answers: forDataPlanes(denied) },
  { method: 'GET', path: '/version', answers: forAnyone(ok('etcdserver')) },
  { method: 'POST', path: '/v3/auth/authenticate', body: {}, answers: forAnyone([404, 'Not Found']) },
]

async function groups(): Promise<ConfigStore> {
  const store = await scratchStore()
  for (const group of ['edge', 'deleted']) await registerGroup(store, group, systemClock)
  await remove(store, '/outlast/gateway_groups/deleted')
  for (const group of ['default', 'edge']) await put(store, `/gateway_groups/${group}/routes/1`)
  return store
}

async function listen(options: Partial<EtcdApiOptions> & { readonly store: ConfigStore }): Promise<string> {
  const app = createEtcdApi({ tokens, logger: silentLogger, ...options })
  onTestFinished(() => app.close())
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  return options.tls === undefined ? endpoint : endpoint.replace('http:', 'https:')
}

const tls = { cert: certificatePem('server.crt'), key: certificatePem('server.key'), ca: certificatePem('ca.crt') }

const seen = (answer: DataPlaneAnswer | undefined): unknown => answer && [answer.status, answer.line]

describe('API for data planes: who may do what', () => {
  let store: ConfigStore
  let dataPlanes: DataPlaneRegistry
  let endpoints: Readonly<Record<'http' | 'https', string>>

  beforeEach(async () => {
    store = await groups()
    dataPlanes = dataPlaneRegistry({ clock: systemClock })
    endpoints = { http: await listen({ store, dataPlanes }), https: await listen({ store, dataPlanes, tls }) }
  })

  it.each(holders)('lets $who ($over) do what is theirs with every call, and nothing else', async (holder) => {
    const { over, shown, found } = holder
    const revision = await store.revision()
    for (const call of calls) {
      const answer = seen(await dataPlaneCall(endpoints[over], call, shown))
      expect([call.path, answer]).toEqual([call.path, found === 'unconnected' ? undefined : call.answers[found]])
    }
    expect(await store.revision()).toBe(revision)
    // A data plane is listed in the group that it was let into, whatever it says.
    const listed = dataPlanes.list().map(({ group }) => group)
    expect(listed).toEqual(found === 'default' || found === 'edge' ? [found] : [])
  })

  it('is shown here for every call that is served', async () => {
    const app = createEtcdApi({ store, tokens, logger: silentLogger })
    onTestFinished(() => app.close())
    const served: string[] = []
    app.addHook('onRoute', ({ method, url }) => {
      served.push(`${String(method)} ${url.replace('*', 'grant')}`)
    })
    await app.ready()
    const shown = new Set(calls.map(({ method, path }) => `${method} ${path}`))
    expect(served.length).toBeGreaterThan(8)
    expect(served.filter((route) => !shown.has(route))).toEqual([])
  })
})

describe('API for data planes: access that ends', () => {
  const watchOf = { method: 'POST', path: '/v3/watch', body: { create_request: ofEdge } }

  it.each([
    ['token of conf.yaml', 'http', { token: 'token-of-edge' }],
    ['certificate', 'https', { certificate: 'edge' }],
  ] as const)('does with its group, and comes back with it (%s)', async (_what, over, shown) => {
    const store = await groups()
    const endpoint = await listen({ store, ...(over === 'https' && { tls }) })
    const status = async () => (await dataPlaneCall(endpoint, watchOf, shown))?.status
    expect(await status()).toBe(200)
    await remove(store, '/outlast/gateway_groups/edge')
    expect(await status()).toBe(401)
    await registerGroup(store, 'edge', systemClock)
    expect(await status()).toBe(200)
  })

  it('cuts a watch that was open, and nothing that was written since goes to it', async () => {
    const store = await groups()
    const watch = await etcdClient(await listen({ store }), 'token-of-edge').watch(ofEdge)
    expect(await watch.next()).toMatchObject({ created: true })
    await store.transaction({
      operations: [
        { type: 'delete', key: '/outlast/gateway_groups/edge' },
        { type: 'put', key: '/gateway_groups/edge/routes/2', value: '{}' },
      ],
    })
    expect(await watch.next()).toMatchObject({ canceled: true, cancel_reason: expect.stringContaining('denied') })
    expect(await watch.next()).toBeUndefined()
  })
})
