import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { httpAnswer, startRawServer } from '@outlast/test-servers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeUpstream } from './node-upstream.ts'
import { exchangeRaw, rawClient } from './raw-client.ts'
import { nobody, routeTo, runProxy } from './running-proxy.ts'

const get = 'GET / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\n\r\n'
const post = 'POST / HTTP/1.1\r\nHost: gw.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'

/** Answers while `healthy` says so, then cuts every connection at the next request on it. */
async function keptUpstream(onRequest: (count: number) => 'answer' | 'cut'): Promise<string> {
  let count = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => {
      count += 1
      if (onRequest(count) === 'cut') socket.destroy()
      else socket.write(httpAnswer(200, `answer ${count}`, { connection: 'keep-alive' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

describe('an upstream that fails', () => {
  for (const [framing, head] of [
    ['by length', 'Content-Length: 10\r\n'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n'],
  ] as const) {
    it(`in the middle of an answer ${framing} makes the client's connection break, never end cleanly`, async () => {
      const upstream = await startRawServer((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n5\r\nhello`)
        setTimeout(() => socket.destroy(), 20)
      })
      const { port } = await runProxy([routeTo(upstream.endpoint)])
      const client = rawClient(port)
      client.send(get.replace('HTTP/1.1', 'HTTP/1.0'))
      expect(await client.ended()).toMatchObject({ reset: true })
      await upstream.stop()
    })
  }

  it('by falling silent in the middle of an answer does the same after the read timeout', async () => {
    const upstream = await startRawServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'),
    )
    const { port } = await runProxy([routeTo(upstream.endpoint, { timeout: { connect: 5, send: 5, read: 0.1 } })])
    expect(await exchangeRaw(port, get)).toMatchObject({ reset: true })
    await upstream.stop()
  })

  for (const [what, answer] of [
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a control byte in a field', 'HTTP/1.1 200 OK\r\nX-Bad: a\x01b\r\nContent-Length: 0\r\n\r\n'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ] as const) {
    it(`to speak HTTP makes 502: ${what}`, async () => {
      const upstream = await startRawServer((socket) => socket.end(answer))
      const { port } = await runProxy([routeTo(upstream.endpoint)])
      expect((await exchangeRaw(port, get)).text).toMatch(/^HTTP\/1.1 502 /)
      await upstream.stop()
    })
  }
})

describe('a request is sent again', () => {
  it('to the next node when nothing was sent, with its body', async () => {
    const { endpoint } = await nodeUpstream((request, response) => request.pipe(response))
    const { port } = await runProxy([routeTo([nobody, 'http://127.0.0.1:2', endpoint])])
    for (let round = 0; round < 6; round += 1) {
      expect((await exchangeRaw(port, post)).text).toMatch(/^HTTP\/1.1 200 [^]*hello/)
    }
  })

  it('only as often as retries allows', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => response.end())
    const { port } = await runProxy([routeTo([nobody, endpoint], { upstream: { retries: 0 } })])
    const codes = [await exchangeRaw(port, get), await exchangeRaw(port, get)].map(({ text }) => text.slice(9, 12))
    expect(codes.sort()).toEqual(['200', '502'])
  })

  it('not after retry_timeout', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => response.end())
    const upstream = {
      retry_timeout: 1,
      nodes: [
        { host: '127.0.0.1', port: 1, weight: 1, priority: 1 },
        { host: '127.0.0.1', port: Number(new URL(endpoint).port), weight: 1, priority: 0 },
      ],
    }
    let now = 0
    const clock = { now: () => (now += 1000), sleep: async () => undefined }
    const { port } = await runProxy([routeTo([], { upstream })], { clock })
    expect((await exchangeRaw(port, get)).text).toMatch(/^HTTP\/1.1 502 /)
  })

  it('once on a new connection when a kept one is closed under it', async () => {
    const endpoint = await keptUpstream((count) => (count === 2 ? 'cut' : 'answer'))
    const { url } = await runProxy([routeTo(endpoint)])
    expect(await (await fetch(url)).text()).toBe('answer 1')
    expect(await (await fetch(url)).text()).toBe('answer 3')
  })

  it('once, not for ever', async () => {
    let requests = 0
    const endpoint = await keptUpstream((count) => {
      requests = count
      return 'cut'
    })
    const { url } = await runProxy([routeTo(endpoint)])
    expect((await fetch(url)).status).toBe(502)
    expect(requests).toBe(2)
  })

  it('to the next node when a node takes it and ends the connection, or is silent', async () => {
    const cutting = await keptUpstream(() => 'cut')
    const silent = await startRawServer(() => undefined)
    const { endpoint } = await nodeUpstream((_request, response) => response.end('answer'))
    const { url } = await runProxy([
      routeTo([cutting, silent.endpoint, endpoint], { timeout: { connect: 5, send: 5, read: 0.1 } }),
    ])
    for (let round = 0; round < 3; round += 1) expect(await (await fetch(url)).text()).toBe('answer')
    await silent.stop()
  })

  it('never when it has a body or is not idempotent', async () => {
    let requests = 0
    const endpoint = await keptUpstream((count) => {
      requests = count
      return 'cut'
    })
    const other = await nodeUpstream((_request, response) => response.end())
    const nodes = [endpoint, other.endpoint].map((each, at) => {
      const port = Number(new URL(each).port)
      return { host: '127.0.0.1', port, weight: 1, priority: -at }
    })
    const { url } = await runProxy([routeTo([], { upstream: { nodes } })])
    expect((await fetch(url, { method: 'POST' })).status).toBe(502)
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(502)
    expect(requests).toBe(2)
  })
})

describe('a client that', () => {
  it('goes away takes its request to the upstream with it', async () => {
    const { server, endpoint } = await nodeUpstream(() => undefined)
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send(get)
    const [, response] = await once(server, 'request')
    client.socket.destroy()
    await expect(once(response, 'close')).resolves.toEqual([])
  })

  it('goes away in the middle of its body never makes a complete request upstream', async () => {
    const ends: string[] = []
    const { server, endpoint } = await nodeUpstream((request) => {
      request.on('end', () => ends.push('end')).on('error', () => ends.push('error'))
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send('POST / HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    const [request] = await once(server, 'request')
    await once(request, 'data')
    client.socket.destroy()
    await expect(once(request, 'close')).rejects.toThrow('aborted')
    expect(ends).toEqual(['error'])
  })

  it('stops in the middle of its body gets 408', async () => {
    const { endpoint } = await nodeUpstream((request, response) => request.pipe(response))
    const { port } = await runProxy([routeTo(endpoint)], { clientTimeoutMs: 100 })
    const { text } = await exchangeRaw(port, 'POST / HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 10\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1.1 408 /)
  })

  it('reads slowly holds the upstream back, and gets everything', async () => {
    const size = 64 * 1024 * 1024
    let written = 0
    const blocked = Promise.withResolvers<void>()
    const { endpoint } = await nodeUpstream((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      let idle = setTimeout(blocked.resolve, 300)
      const more = () => {
        clearTimeout(idle)
        idle = setTimeout(blocked.resolve, 300)
        while (written < size) {
          written += chunk.length
          if (!response.write(chunk)) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.socket.pause()
    client.send(get)
    await blocked.promise
    expect(written).toBeLessThan(size)
    let received = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (bytes) => (received += bytes.length))
    client.socket.resume()
    await once(client.socket, 'end')
    expect(received).toBeGreaterThan(size)
  })

  it('is in a hurry to end its CONNECT harms nobody else', async () => {
    const { endpoint } = await nodeUpstream((_request, response) => response.end('fine'))
    const { port, url } = await runProxy([routeTo(endpoint)])
    const clients = Array.from({ length: 20 }, () => rawClient(port))
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    for (const client of clients) client.send('CONNECT gw.test:1 HTTP/1.1\r\nHost: gw.test:1\r\n\r\nmore')
    // An unhandled error of a socket would fail the run.
    for (const [at, client] of clients.entries()) {
      if (at % 2 === 0) await client.until('501')
      client.socket.resetAndDestroy()
    }
    expect(await (await fetch(url)).text()).toBe('fine')
  })

  it('pipelines something unreadable behind good requests gets the answers to these, and 400', async () => {
    const { endpoint } = await nodeUpstream((request, response) => {
      setTimeout(() => response.end(`<${request.url}>`), request.url === '/1' ? 50 : 0)
    })
    const { port } = await runProxy([routeTo(endpoint)])
    const heads = ['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nHost: gw.test\r\n\r\n`)
    const { text } = await exchangeRaw(port, `${heads.join('')}no HTTP\r\n\r\n`)
    expect(text.match(/HTTP\/1.1 \d+|<.*>/g)).toEqual(['HTTP/1.1 200', '</1>', 'HTTP/1.1 200', '</2>', 'HTTP/1.1 400'])
  })

  it('breaks the chunks of its body gets 400, and its upstream never a complete request', async () => {
    const { server, endpoint } = await nodeUpstream((request) => request.resume().on('error', () => undefined))
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    client.send('POST / HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    const [request] = await once(server, 'request')
    const ends: unknown[] = []
    request.on('end', () => ends.push('end')).on('error', (error: unknown) => ends.push(error))
    client.send('zz\r\n')
    expect((await client.ended()).text).toMatch(/^HTTP\/1.1 400 /)
    await expect.poll(() => ends).toEqual([expect.objectContaining({ message: 'aborted' })])
  })

  it('pipelines without end is read no further than needed, and its requests reach the upstream one by one', async () => {
    const requests: ServerResponse[] = []
    const { server, endpoint } = await nodeUpstream((_request, response) => requests.push(response))
    const { port } = await runProxy([routeTo(endpoint)])
    const client = rawClient(port)
    const size = 64 * 1024 * 1024
    client.send(Buffer.alloc(size, 'GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n'))
    await once(server, 'request')
    expect(requests).toHaveLength(1)
    // The system's buffers are full, and nobody empties them.
    let unsent = 0
    await expect.poll(() => unsent === (unsent = client.socket.writableLength)).toBe(true)
    expect(unsent).toBeGreaterThan(0)
    requests[0]?.end()
    await once(server, 'request')
    expect(requests).toHaveLength(2)
  })

  it('never reads is let go', async () => {
    const size = 32 * 1024 * 1024
    const { server, endpoint } = await nodeUpstream((_request, response) => response.end(Buffer.alloc(size)))
    const { port } = await runProxy([routeTo(endpoint)], { clientTimeoutMs: 100 })
    const client = rawClient(port)
    client.socket.pause()
    client.send(get)
    const [, response] = await once(server, 'request')
    await once(response, 'close')
    client.socket.resume()
    expect((await client.ended()).text.length).toBeLessThan(size)
  })

  it('never reads the last bytes is let go too', async () => {
    const answer = httpAnswer(200, 'x'.repeat(6 * 1024 * 1024), { connection: 'keep-alive' })
    const { endpoint } = await nodeUpstream((_request, response) => response.socket?.end(answer, 'latin1'))
    const { port, proxy } = await runProxy([routeTo(endpoint)], { clientTimeoutMs: 100 })
    const client = rawClient(port)
    client.socket.pause()
    client.send(get)
    await once(client.socket, 'connect')
    // Only when the proxy has let go of the connection is there nothing left to wait for.
    await proxy.close({ graceMs: 600_000 })
    client.socket.resume()
    expect((await client.ended()).text.length).toBeLessThan(answer.length)
  })
})
