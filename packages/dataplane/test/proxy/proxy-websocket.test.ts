import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { nodeUpstream } from './node-upstream.ts'
import { exchangeRaw, rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const handshake =
  'GET /chat HTTP/1.1\r\nHost: gw.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n' +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`

/** Accepts the handshake of RFC 6455 §4.2.2 and sends every byte back. */
async function echoUpstream() {
  const upstream = await nodeUpstream((_request, response) => response.end('plain'))
  upstream.server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    const secret = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(secret).digest('base64')
    socket.on('error', () => undefined)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.write(head)
    socket.pipe(socket)
  })
  return upstream
}

describe('a WebSocket', () => {
  it('passes frames both ways, also those sent right behind the handshake', async () => {
    const { endpoint } = await echoUpstream()
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const client = rawClient(port)
    client.send(`${handshake}early frame|`)
    const head = await client.until('early frame|')
    expect(head).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/)
    expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    client.send(Buffer.alloc(1_000_000, 'x'))
    client.send('last')
    await client.until('last')
    client.socket.end()
    expect((await client.ended()).text.length).toBeGreaterThan(1_000_000)
  })

  it('passes bytes as they are, also behind an answer on the same connection that had to be given in chunks', async () => {
    const { endpoint, server } = await echoUpstream()
    server.prependListener('request', (_request, response) => {
      // Without a length, the end of the connection is the end of the body.
      response.useChunkedEncodingByDefault = false
      response.shouldKeepAlive = false
    })
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const client = rawClient(port)
    client.send('GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await client.until('\r\n5\r\nplain\r\n0\r\n\r\n')
    client.send(`${handshake}frame|`)
    expect(await client.until('frame|')).toMatch(/HTTP\/1.1 101 [^]*\r\n\r\nframe\|$/)
  })

  it('is not opened for a client of HTTP/1.0, which knows no interim answers', async () => {
    const { endpoint } = await echoUpstream()
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const { text } = await exchangeRaw(port, handshake.replace('HTTP/1.1', 'HTTP/1.0').replace('keep-alive, ', ''))
    expect(text).toMatch(/^HTTP\/1.1 200 [^]*plain$/)
  })

  it('holds back a client that does not read what comes back, and loses nothing', async () => {
    const { endpoint } = await echoUpstream()
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const client = rawClient(port)
    client.send(handshake)
    const head = await client.until('\r\n\r\n')
    client.socket.pause()
    const size = 48 * 1024 * 1024
    client.send(Buffer.alloc(size, 'x'))
    client.send('end')
    // Every buffer on the way is full, and nobody empties them.
    let unsent = 0
    await expect.poll(() => unsent === (unsent = client.socket.writableLength)).toBe(true)
    expect(unsent).toBeGreaterThan(0)
    let received = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (bytes) => (received += bytes.length))
    client.socket.resume()
    await expect.poll(() => received).toBe(size + 'end'.length)
    expect(head).toContain('101')
  })

  it('takes enable_websocket from the service when the route has none', async () => {
    const { endpoint } = await echoUpstream()
    const { port } = await runProxy([
      { kind: 'services', id: 's', value: { enable_websocket: true } },
      routeTo(endpoint, { service_id: 's' }),
    ])
    const client = rawClient(port)
    client.send(handshake)
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 /)
  })

  it('is not opened without enable_websocket: the request goes on as a plain one', async () => {
    const { endpoint } = await echoUpstream()
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send(handshake)
    expect(await client.until('plain')).toMatch(/^HTTP\/1.1 200 OK/)
    client.send('GET / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n')
    expect((await client.ended()).text.match(/HTTP\/1.1 200/g)).toHaveLength(2)
  })

  it('that the upstream declines is answered with its answer, and no further request passes', async () => {
    let requests = 0
    const { endpoint } = await nodeUpstream((_request, response) => {
      requests += 1
      response.writeHead(403).end('no')
    })
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const { text } = await exchangeRaw(port, `${handshake}GET /second HTTP/1.1\r\nHost: gw.test\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 403 [^]*no/)
    expect(requests).toBe(1)
  })

  it('ends with 502 when the upstream is not there', async () => {
    const { port } = await runProxy([routeTo('http://127.0.0.1:1', { enable_websocket: true })])
    expect((await exchangeRaw(port, handshake)).text).toMatch(/^HTTP\/1.1 502 /)
  })

  it('ends on both sides when one side ends', async () => {
    const upstream = await echoUpstream()
    const { port } = await runProxy([routeTo(upstream.endpoint, { enable_websocket: true })])
    const client = rawClient(port)
    client.send(handshake)
    await client.until('101 Switching')
    const connections = () =>
      new Promise<number>((resolve, reject) => {
        upstream.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
      })
    expect(await connections()).toBe(1)
    client.socket.destroy()
    await expect.poll(connections).toBe(0)
  })

  it('that is idle for the read timeout is closed', async () => {
    const { endpoint } = await echoUpstream()
    const timeout = { connect: 5, send: 5, read: 0.2 }
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true, timeout })])
    const client = rawClient(port)
    client.send(handshake)
    expect((await client.ended()).text).toMatch(/^HTTP\/1.1 101 [^]*\r\n\r\n$/)
  })
})

describe('an offer of another protocol', () => {
  it('is ignored, and the request with its body goes on (h2c of curl and Java)', async () => {
    const { endpoint } = await nodeUpstream((request, response) => request.pipe(response))
    const { port } = await runProxy([routeTo(endpoint, { enable_websocket: true })])
    const { text } = await exchangeRaw(
      port,
      'POST / HTTP/1.1\r\nHost: gw.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n' +
        'Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n',
    )
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2)
    expect(text).toContain('hello')
  })
})
