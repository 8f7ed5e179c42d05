import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { startRawServer } from '@outlast/test-servers'
import { describe, expect, it } from 'vitest'
import { nodeUpstream, tlsUpstream } from './node-upstream.ts'
import { exchangeRaw, rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

/** An upstream that tells what it got. */
const mirror = () =>
  nodeUpstream((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ url: request.url, raw: request.rawHeaders })))
  })

const get = (path: string, fields = '') =>
  `GET ${path} HTTP/1.1\r\nHost: Gw.test:8080\r\nConnection: close\r\n${fields}\r\n`

describe('a forwarded request', () => {
  it('keeps its target as it came, and its fields with their case and order', async () => {
    const { endpoint } = await mirror()
    const { port } = await runProxy([routeTo(endpoint)])
    const { text } = await exchangeRaw(port, get('/a%2Fb/../c?x=%20&y', 'X-One: 1\r\nx-TWO: \xe9\r\nX-One: 2\r\n'))
    expect(text).toContain('"url":"/a%2Fb/../c?x=%20&y"')
    expect(text).toContain('"X-One","1","x-TWO","\xc3\xa9","X-One","2"')
  })

  it('tells where it came from, whatever the client says about that', async () => {
    const { endpoint } = await mirror()
    const { port } = await runProxy([routeTo(endpoint)])
    const lies = 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 1.2.3.4\r\n'
    const { text } = await exchangeRaw(port, get('/', lies))
    expect(text).toContain('"X-Real-IP","127.0.0.1","X-Forwarded-For","127.0.0.1","X-Forwarded-Proto","http"')
    expect(text).toContain(`"X-Forwarded-Host","Gw.test","X-Forwarded-Port","${port}"`)
    expect(text).not.toContain('1.2.3.4')
  })

  it('keeps what a trusted proxy says, and adds that proxy', async () => {
    const { endpoint } = await mirror()
    const { port } = await runProxy([routeTo(endpoint)], { trustedAddresses: ['127.0.0.0/8'] })
    const said = 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n'
    const { text } = await exchangeRaw(port, get('/', said))
    expect(text).toContain('"X-Forwarded-For","1.2.3.4, 127.0.0.1","X-Forwarded-Proto","https"')
  })

  it('loses what belongs to the connection, but not what a client must not take away', async () => {
    const { endpoint } = await mirror()
    const { port } = await runProxy([routeTo(endpoint)])
    const head =
      'GET / HTTP/1.1\r\nHost: gw.test\r\nConnection: close, X-Secret, Host, X-Forwarded-For\r\n' +
      'X-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n'
    const { text } = await exchangeRaw(port, head)
    for (const name of ['X-Secret', 'Keep-Alive', 'TE', 'Proxy-Connection', 'Upgrade', 'HTTP2-Settings']) {
      expect(text).not.toContain(`"${name}"`)
    }
    expect(text).toContain('"Host","gw.test"')
    expect(text).toContain('"X-Forwarded-For","127.0.0.1"')
  })

  it('carries the Host that pass_host asks for', async () => {
    const { endpoint } = await mirror()
    const { host } = new URL(endpoint)
    const { port, apply } = await runProxy([routeTo(endpoint)])
    expect((await exchangeRaw(port, get('/'))).text).toContain('"Host","Gw.test:8080"')
    await apply([routeTo(endpoint, { upstream: { pass_host: 'node' } })])
    expect((await exchangeRaw(port, get('/'))).text).toContain(`"Host","${host}"`)
    await apply([routeTo(endpoint, { upstream: { pass_host: 'rewrite', upstream_host: 'other.test' } })])
    expect((await exchangeRaw(port, get('/'))).text).toContain('"Host","other.test"')
  })

  it('in absolute form goes to the host of its target (RFC 9112 §3.2.2)', async () => {
    const { endpoint } = await mirror()
    const { port } = await runProxy([routeTo(endpoint, { host: 'right.test' })])
    const { text } = await exchangeRaw(port, get('http://right.test/x?y'))
    expect(text).toContain('"url":"/x?y"')
    expect(text).toContain('"Host","right.test"')
  })

  it('reaches an https upstream, whose certificate counts only when asked', async () => {
    const { endpoint } = await tlsUpstream((_request, response) => response.end('over TLS'))
    const { url, apply } = await runProxy([routeTo(endpoint, { upstream: { scheme: 'https' } })])
    expect(await (await fetch(url)).text()).toBe('over TLS')
    await apply([routeTo(endpoint, { upstream: { scheme: 'https', tls: { verify: true } } })])
    expect((await fetch(url)).status).toBe(502)
  })
})

describe('bodies', () => {
  const echo = () => nodeUpstream((request, response) => request.pipe(response))

  for (const framing of ['Content-Length', 'chunked']) {
    it(`of 20 MB pass both ways unchanged (${framing})`, async () => {
      const { endpoint } = await echo()
      const { url } = await runProxy([routeTo(endpoint)])
      const sent = randomBytes(20_000_000)
      const received = await new Promise<Buffer>((resolve, reject) => {
        const length = framing === 'chunked' ? {} : { 'Content-Length': sent.length }
        const request = httpRequest(url, { method: 'POST', headers: length }, (response) => {
          buffer(response).then(resolve, reject)
        })
        Readable.from(chunksOf(sent)).pipe(request)
      })
      expect(digest(received)).toBe(digest(sent))
    })
  }

  it('go with methods that usually have none', async () => {
    const { endpoint } = await echo()
    const { port } = await runProxy([routeTo(endpoint)])
    const head = 'DELETE / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'
    expect((await exchangeRaw(port, head)).text).toContain('hello')
  })

  it('are asked for with 100 Continue only when there is an upstream for them', async () => {
    const { endpoint } = await echo()
    const { port, apply } = await runProxy([routeTo(endpoint)])
    const head = 'POST / HTTP/1.1\r\nHost: gw.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'
    const client = rawClient(port)
    client.send(head)
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('hello')
    await client.until('hello')
    await apply([], [{ kind: 'routes', id: '1' }])
    const { text } = await exchangeRaw(port, head)
    expect(text).toMatch(/^HTTP\/1.1 404 [^]*Connection: close/)
  })

  it('that are still coming do not hold back an answer, and the connection serves on', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => {
      response.writeHead(413, { Connection: 'close' }).end('too much')
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send('POST / HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\n12345')
    await client.until('too much')
    client.send('67890GET /second HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    expect((await client.ended()).text.match(/HTTP\/1.1 413/g)).toHaveLength(2)
  })
})

describe('a forwarded answer', () => {
  it('keeps repeated fields and its reason, loses what belongs to the connection', async () => {
    const upstream = await startRawServer((socket) =>
      socket.end(
        'HTTP/1.1 299 Quite Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Byte: \xe9\r\nServer: theirs\r\n' +
          'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok',
        'latin1',
      ),
    )
    const { port } = await runProxy([routeTo(upstream.endpoint)])
    const { text } = await exchangeRaw(port, get('/'))
    expect(text).toMatch(
      /^HTTP\/1.1 299 Quite Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Byte: \xe9\r\nServer: theirs\r\n/,
    )
    expect(text).not.toMatch(/X-Hop|timeout=9/)
    await upstream.stop()
  })

  it('to HEAD, and with 204 or 304, has no body and keeps the connection', async () => {
    const { endpoint } = await nodeUpstream((request, response) => {
      const status = Number(request.url?.slice(1))
      response.writeHead(status, status === 200 ? { 'Content-Length': 5 } : {})
      response.end(status === 200 ? 'hello' : undefined)
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send('HEAD /200 HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    expect(await client.until('\r\n\r\n')).toContain('Content-Length: 5')
    client.send('GET /204 HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await client.until('HTTP/1.1 204')
    client.send('GET /304 HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    const { text } = await client.ended()
    expect(text).toMatch(/HTTP\/1.1 304 [^]*\r\n\r\n$/)
    expect(text).not.toContain('hello')
  })

  it('is without chunks for a client of HTTP/1.0', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => {
      response.write('one ')
      response.end('two')
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const { text } = await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n')
    expect(text).toMatch(/Connection: close\r\n\r\none two$/)
  })

  it('has its trailers when it is chunked', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '42' })
      response.end()
    })
    const { port } = await runProxy([routeTo(endpoint)])
    expect((await exchangeRaw(port, get('/'))).text).toMatch(/0\r\nX-Sum: 42\r\n\r\n$/)
  })

  it('starts before its body is there', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => response.flushHeaders())
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send(get('/'))
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/)
  })

  it('comes behind its interim answers, which clients of HTTP/1.0 do not know', async () => {
    const upstream = await startRawServer((socket) =>
      socket.end(
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: x\r\n\r\n' +
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    const { port } = await runProxy([routeTo(upstream.endpoint)])
    expect((await exchangeRaw(port, get('/'))).text).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP\/1.1 200 OK[^]*ok$/,
    )
    expect((await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n')).text).toMatch(/^HTTP\/1.1 200 OK[^]*ok$/)
    await upstream.stop()
  })

  it('comes in the order of pipelined requests, however long each takes', async () => {
    const { endpoint } = await nodeUpstream((request, response) => {
      const place = Number(request.url?.slice(1))
      setTimeout(() => response.end(`<${place}>`), 60 - place * 3)
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const paths = Array.from({ length: 20 }, (_, place) => place)
    const heads = paths.map((place) => `GET /${place} HTTP/1.1\r\nHost: gw.test\r\n`)
    const { text } = await exchangeRaw(port, `${heads.join('\r\n')}Connection: close\r\n\r\n`)
    expect(text.match(/<\d+>/g)).toEqual(paths.map((place) => `<${place}>`))
  })
})

function chunksOf(bytes: Buffer): Buffer[] {
  const size = 70_001
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
