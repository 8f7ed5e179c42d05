import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchangeRaw } from './raw-client.ts'
import { nobody, routeTo, runProxy } from './running-proxy.ts'

let upstream: RawServer
beforeAll(async () => {
  upstream = await startRawServer((socket) => socket.end(httpAnswer(200, 'from upstream')))
})
afterAll(() => upstream.stop())

async function answerOf(url: string, init?: RequestInit): Promise<{ status: number; message: string }> {
  const response = await fetch(url, init)
  const body = await response.text()
  expect(response.headers.get('server')).toBe('outlast')
  return { status: response.status, message: body.replace(/^\{"error_msg":"(.*)"\}\n$/, '$1') }
}

describe('answers of the proxy itself', () => {
  it('are 404 without a route', async () => {
    const { url } = await runProxy([])
    expect(await answerOf(`${url}/x`)).toEqual({ status: 404, message: '404 Route Not Found' })
  })

  it('are 404 for a method that no route takes, never 405', async () => {
    const { url } = await runProxy([routeTo(upstream.endpoint, { methods: ['POST'] })])
    expect((await answerOf(url)).status).toBe(404)
  })

  it('are 404 when the service of the route is missing, and the route works once it is there', async () => {
    const { url, apply } = await runProxy([{ kind: 'routes', id: 'r', value: { uri: '/*', service_id: 's' } }])
    expect((await answerOf(url)).status).toBe(404)
    const nodes = { [new URL(upstream.endpoint).host]: 1 }
    await apply([{ kind: 'services', id: 's', value: { upstream: { nodes } } }])
    expect(await (await fetch(url)).text()).toBe('from upstream')
  })

  it('are 502 when the upstream of the route is missing', async () => {
    const { url } = await runProxy([{ kind: 'routes', id: 'r', value: { uri: '/*', upstream_id: 'u' } }])
    expect((await answerOf(url)).status).toBe(502)
  })

  it('are 503 when neither route nor service has an upstream', async () => {
    const { url } = await runProxy([
      { kind: 'services', id: 's', value: {} },
      { kind: 'routes', id: 'r', value: { uri: '/*', service_id: 's' } },
    ])
    expect(await answerOf(url)).toEqual({
      status: 503,
      message: 'missing upstream configuration in Route or Service',
    })
  })

  for (const nodes of [[], {}, { '127.0.0.1:80': 0 }]) {
    it(`are 503 without a node to use: ${JSON.stringify(nodes)}`, async () => {
      const { url } = await runProxy([routeTo([], { upstream: { nodes } })])
      expect(await answerOf(url)).toEqual({ status: 503, message: 'no valid upstream node' })
    })
  }

  it('are 502 when no node can be connected to', async () => {
    const { url } = await runProxy([routeTo(nobody)])
    expect(await answerOf(url)).toEqual({ status: 502, message: 'Bad Gateway' })
  })

  it('are 502 when the name of a node does not resolve', async () => {
    const { url } = await runProxy([routeTo('http://name.invalid:80')])
    expect((await answerOf(url)).status).toBe(502)
  })

  it('are 504 when the upstream does not answer within the read timeout', async () => {
    const silent = await startRawServer(() => undefined)
    const { url } = await runProxy([routeTo(silent.endpoint, { timeout: { connect: 5, send: 5, read: 0.1 } })])
    expect(await answerOf(url)).toEqual({ status: 504, message: 'Gateway Timeout' })
    await silent.stop()
  })

  it('are without body for HEAD', async () => {
    const { port } = await runProxy([])
    const { text } = await exchangeRaw(port, 'HEAD / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1.1 404 [^]*Content-Length: 36[^]*\r\n\r\n$/)
  })
})

describe('a request that is not clear', () => {
  const heads: readonly (readonly [what: string, code: number, head: string])[] = [
    ['no Host in HTTP/1.1', 400, 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 400, 'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n'],
    ['a Host with user information', 400, 'GET / HTTP/1.1\r\nHost: a@b.test\r\n\r\n'],
    ['a fragment in its target', 400, 'GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a malformed escape', 400, 'GET /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['an encoded NUL', 400, 'GET /a%00b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a path above the root', 400, 'GET /a/../../b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    [
      'Content-Length and Transfer-Encoding',
      400,
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two different Content-Lengths',
      400,
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    [
      'a coding that is not known',
      501,
      'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'Transfer-Encoding in HTTP/1.0',
      400,
      'POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['bytes that are no HTTP', 400, 'hello\r\n\r\n'],
    ['a head beyond the limit', 431, `GET / HTTP/1.1\r\nHost: a.test\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['CONNECT', 501, 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ]

  for (const [what, code, head] of heads) {
    it(`is refused with ${code} and never forwarded: ${what}`, async () => {
      const before = upstream.connections()
      const { port } = await runProxy([routeTo(upstream.endpoint)])
      expect((await exchangeRaw(port, head)).text).toMatch(new RegExp(`^HTTP/1.1 ${code} `))
      expect(upstream.connections()).toBe(before)
    })
  }
})

describe('plugins that this proxy does not run', () => {
  const keyAuth = { 'key-auth': {} }

  it('make the route refuse requests rather than pass them without authentication', async () => {
    const { url } = await runProxy([routeTo(upstream.endpoint, { plugins: keyAuth })])
    const { status, message } = await answerOf(url)
    expect(status).toBe(503)
    expect(message).toContain('key-auth')
  })

  it('count in services, plugin_configs and global rules too', async () => {
    const { url, apply } = await runProxy([routeTo(upstream.endpoint, { service_id: 's', plugin_config_id: 'p' })])
    expect((await answerOf(url)).status).toBe(404)
    await apply([{ kind: 'services', id: 's', value: {} }])
    expect((await answerOf(url)).status).toBe(503)
    await apply([{ kind: 'plugin_configs', id: 'p', value: { plugins: {} } }])
    expect((await fetch(url)).status).toBe(200)
    for (const [kind, id] of [
      ['services', 's'],
      ['plugin_configs', 'p'],
      ['global_rules', 'g'],
    ] as const) {
      await apply([{ kind, id, value: { plugins: keyAuth } }])
      expect({ kind, ...(await answerOf(url)) }).toMatchObject({ kind, status: 503 })
      await apply([{ kind, id, value: { plugins: {} } }])
    }
    expect((await fetch(url)).status).toBe(200)
  })

  it('do not count where they are disabled, and a route can disable what its service enables', async () => {
    const { url } = await runProxy([
      { kind: 'services', id: 's', value: { plugins: keyAuth } },
      routeTo(upstream.endpoint, { service_id: 's', plugins: { 'key-auth': { _meta: { disable: true } } } }),
    ])
    expect((await fetch(url)).status).toBe(200)
  })

  it('do not count when they only observe', async () => {
    const { url } = await runProxy([routeTo(upstream.endpoint, { plugins: { prometheus: {}, 'http-logger': {} } })])
    expect((await fetch(url)).status).toBe(200)
  })

  it('are told to the log by name, without their configuration', async () => {
    const lines: string[] = []
    const warn = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }))
    const logger = { debug() {}, info() {}, warn, error() {} }
    await runProxy([routeTo(upstream.endpoint, { plugins: { 'key-auth': { secret: 'hidden' } } })], { logger })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('key-auth')
    expect(lines[0]).not.toContain('hidden')
  })
})
