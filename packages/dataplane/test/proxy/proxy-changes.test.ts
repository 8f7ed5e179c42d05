import type { Entry } from '@outlast/snapshot'
import { startHttpUpstream, type HttpUpstream } from '@outlast/test-servers'
import { startSteadyLoad } from '@outlast/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProxy } from '../../src/proxy/index.ts'
import { nodeUpstream } from './node-upstream.ts'
import { rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

let upstreams: readonly HttpUpstream[]
beforeAll(async () => {
  upstreams = await Promise.all([startHttpUpstream(), startHttpUpstream()])
})
afterAll(() => Promise.all(upstreams.map((each) => each.stop())))

const version = { position: { epoch: 1, revision: 1 }, digest: '' }

function route(id: string, fields: object): Entry {
  return { kind: 'routes', id, value: { uri: '/*', ...fields } }
}

function upstream(at: number): { nodes: { [address: string]: number } } {
  const { host, port } = upstreams[at] ?? { host: '', port: 0 }
  return { nodes: { [`${host}:${port}`]: 1 } }
}

describe('a change of configuration', () => {
  it('takes effect as a whole or not at all', async () => {
    const { url, proxy } = await runProxy([route('1', { uri: '/ip', upstream: upstream(0) })])
    const change = {
      upserted: [
        route('1', { uri: '/other', upstream: upstream(0) }),
        route('2', { uri: '/x', upstream: upstream(0), vars: [['no_such_variable', '==', '1']] }),
      ],
      removed: [],
      version,
    }
    await expect(proxy.apply(change)).rejects.toThrow('a variable is not supported')
    expect((await fetch(`${url}/ip`)).status).toBe(200)
    expect((await fetch(`${url}/other`)).status).toBe(404)
  })

  // Too many to be put in place between two requests.
  const many = (uri: string): readonly Entry[] =>
    Array.from({ length: 5_000 }, (_none, index) =>
      route(`many-${index}`, { uri: `${uri}/${index}`, upstream: upstream(0) }),
    )

  it('that is large takes effect as a whole or not at all', async () => {
    const { url, proxy } = await runProxy([route('1', { uri: '/ip', upstream: upstream(0) })])
    const change = {
      upserted: [
        route('1', { uri: '/other', upstream: upstream(0) }),
        ...many('/many'),
        route('2', { uri: '/x', upstream: upstream(0), vars: [['no_such_variable', '==', '1']] }),
      ],
      removed: [],
      version,
    }
    await expect(proxy.apply(change)).rejects.toThrow('a variable is not supported')
    expect((await fetch(`${url}/ip`)).status).toBe(200)
    for (const path of ['other', 'many/0']) expect((await fetch(`${url}/${path}`)).status).toBe(404)
  })

  it('that is large keeps what it does not name, and leaves no request in between without an answer', async () => {
    const { url, proxy } = await runProxy([
      { kind: 'services', id: 's', value: { upstream_id: 'u' } },
      { kind: 'upstreams', id: 'u', value: upstream(0) },
      route('kept', { uri: '/ip', service_id: 's' }),
      route('before', { uri: '/headers', upstream: upstream(0) }),
    ])
    const statusOf = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status
    const upserted = [...many('/ip'), route('after', { uri: '/headers', upstream: upstream(0) })]
    const applying = proxy.apply({ upserted, removed: [{ kind: 'routes', id: 'before' }], version })
    const seen = await Promise.all(Array.from({ length: 50 }, () => statusOf('/headers')))
    await applying
    expect(new Set(seen)).toEqual(new Set([200]))
    expect(await statusOf('/ip')).toBe(200)
    await proxy.apply({ upserted: [], removed: many('/ip'), version })
    expect([await statusOf('/ip'), await statusOf('/headers'), await statusOf('/ip/1')]).toEqual([200, 200, 404])
  })

  it('may bring what refers to something before that something', async () => {
    const { url, apply } = await runProxy([
      route('1', { service_id: 's' }),
      { kind: 'services', id: 's', value: { upstream_id: 'u' } },
      { kind: 'upstreams', id: 'u', value: upstream(0) },
    ])
    expect((await fetch(`${url}/ip`)).status).toBe(200)
    await apply([], [{ kind: 'upstreams', id: 'u' }])
    expect((await fetch(`${url}/ip`)).status).toBe(502)
  })

  it('of a service moves the routes that take their hosts from it', async () => {
    const service = (hosts: readonly string[]): Entry => ({ kind: 'services', id: 's', value: { hosts } })
    const { url, apply } = await runProxy([
      service(['elsewhere.test']),
      route('1', { service_id: 's', upstream: upstream(0) }),
    ])
    expect((await fetch(`${url}/ip`)).status).toBe(404)
    await apply([service(['127.0.0.1'])])
    expect((await fetch(`${url}/ip`)).status).toBe(200)
    await apply([], [{ kind: 'services', id: 's' }])
    expect((await fetch(`${url}/ip`)).status).toBe(404)
  })

  it('decides between equal routes by id, in whatever order they came', async () => {
    const first = route('a', { uri: '/status/200', upstream: upstream(0) })
    const second = route('b', { uri: '/status/200', upstream: { nodes: {} } })
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const { url } = await runProxy(order)
      expect((await fetch(`${url}/status/200`)).status).toBe(200)
    }
  })

  it('of other kinds is none of its business', async () => {
    const { url } = await runProxy([
      route('1', { upstream: upstream(0) }),
      { kind: 'keyring', id: 'k', value: 'anything' },
      { kind: 'consumers', id: 'jack', value: { username: 'jack' } },
      { kind: 'unheard-of', id: '1', value: null },
    ])
    expect((await fetch(`${url}/ip`)).status).toBe(200)
  })

  it('that drops an upstream closes its idle connections at once, and busy ones after their exchange', async () => {
    let finish: () => void = () => undefined
    const busy = await nodeUpstream((request, response) => {
      if (request.url === '/busy') {
        response.write('first ')
        finish = () => response.end('last')
      } else {
        response.end()
      }
    })
    busy.server.keepAliveTimeout = 0
    const connections = () =>
      new Promise<number>((resolve, reject) => {
        busy.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
      })
    const { port, url, apply } = await runProxy([routeTo(busy.endpoint)])
    const client = rawClient(port)
    client.send('GET /busy HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    await client.until('first')
    await fetch(`${url}/idle`)
    expect(await connections()).toBe(2)
    await apply([], [{ kind: 'routes', id: '1' }])
    await expect.poll(connections).toBe(1)
    finish()
    expect((await client.ended()).text).toContain('last')
    await expect.poll(connections).toBe(0)
  })

  it('keeps the connections to nodes that a changed route still leads to, in a large change as well', async () => {
    let connections = 0
    const node = await nodeUpstream((_request, response) => response.end())
    node.server.on('connection', () => (connections += 1))
    const { url, apply } = await runProxy([routeTo(node.endpoint)])
    expect((await fetch(url)).status).toBe(200)
    await apply([routeTo(node.endpoint, { priority: 1 })])
    expect((await fetch(url)).status).toBe(200)
    await apply([routeTo(node.endpoint, { priority: 2 }), ...many('/many')])
    expect((await fetch(url)).status).toBe(200)
    await apply(many('/more'))
    expect((await fetch(url)).status).toBe(200)
    expect(connections).toBe(1)
  })

  it('loses no request, however often it comes', async () => {
    const { url, apply } = await runProxy([route('1', { upstream: upstream(0) })])
    const load = startSteadyLoad({
      url: `${url}/ip`,
      ratePerSecond: 500,
      expect: (status, body) => status === 200 && body.includes('127.0.0.1'),
    })
    for (let round = 0; load.counts().sent < 1000; round += 1) {
      // Every way to say the same: inline, by reference, through a service, to either node.
      const at = round % 2
      const references = [{ upstream: upstream(at) }, { upstream_id: 'u' }, { service_id: 's' }][round % 3]
      await apply([
        { kind: 'upstreams', id: 'u', value: upstream(at) },
        { kind: 'services', id: 's', value: { upstream: upstream(at) } },
        route('1', { priority: round % 5, ...references }),
        route(`filler-${round % 10}`, { uri: `/filler/${round}/*`, upstream: upstream(at) }),
      ])
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    const { sent, correct, failures } = await load.stop()
    expect(failures).toEqual([])
    expect(correct).toBe(sent)
  })
})

describe('validation', () => {
  const proxy = createProxy()
  const reasonFor = (fields: object) => proxy.validate(route('1', fields))

  it('accepts what this proxy can do', () => {
    expect(reasonFor({ upstream: { nodes: { '127.0.0.1:80': 1 } } })).toBeUndefined()
    expect(proxy.validate({ kind: 'unheard-of', id: '1', value: null })).toBeUndefined()
  })

  for (const [what, fields] of [
    ['what APISIX refuses', { uri: 5 }],
    ['a Lua filter', { service_id: 's', filter_func: 'function(vars) return true end' }],
    ['a Lua script', { service_id: 's', script: 'return function() end' }],
    ['a variable that is not known', { service_id: 's', vars: [['geoip_country', '==', 's3cret']] }],
    ['an operator that is not known', { service_id: 's', vars: [['arg_a', 's3cret', 'x']] }],
    ['a regular expression that does not compile', { service_id: 's', vars: [['arg_a', '~~', '(s3cret']] }],
    ['variables of the body', { service_id: 's', vars: [['OR', ['post_arg_a', '==', '1']]] }],
    ['service discovery', { upstream: { service_name: 's3cret', discovery_type: 'dns' } }],
    ['other protocols', { upstream: { scheme: 'grpc', nodes: {} } }],
    ['client certificates', { upstream: { nodes: {}, tls: { client_cert_id: 's3cret' } } }],
    ['addresses that are none', { upstream: { nodes: { 'a b:80': 1 } } }],
  ] as const) {
    it(`names ${what} as a reason to quarantine, without quoting`, () => {
      const reason = reasonFor(fields)
      expect(reason).toMatch(/^routes\/1: /)
      expect(reason).not.toContain('s3cret')
    })
  }
})
