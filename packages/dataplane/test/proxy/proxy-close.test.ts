import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createProxy } from '../../src/proxy/index.ts'
import { nodeUpstream } from './node-upstream.ts'
import { rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

async function heldUpstream() {
  let release: () => void = () => undefined
  const upstream = await nodeUpstream((request, response) => {
    if (request.url?.startsWith('/quick')) response.end('quick')
    else release = () => response.end('slow')
  })
  const reached = once(upstream.server, 'request')
  return { ...upstream, reached, release: () => release() }
}

/** A connection that was made before the proxy began to close, and whose first request was sent after that. */
async function firstRequestWhileClosing() {
  const upstream = await heldUpstream()
  const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
  const client = rawClient(port)
  await once(client.socket, 'connect')
  await fetch(`http://127.0.0.1:${port}/quick`)
  const closed = proxy.close()
  client.send('GET /quick HTTP/1.1\r\nHost: gw.test\r\n\r\n')
  return { client, closed }
}

describe('closing', () => {
  it('lets exchanges in flight end, closes idle connections and takes no new ones', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const busy = rawClient(port)
    busy.send('GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await upstream.reached
    const idle = rawClient(port)
    idle.send('GET /quick HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await idle.until('quick')

    const closed = proxy.close()
    await idle.ended()
    const [error] = await once(connect(port, '127.0.0.1'), 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    upstream.release()
    const { text, reset } = await busy.ended()
    expect(text).toContain('slow')
    expect(reset).toBe(false)
    await closed
  })

  it('answers what had arrived before it, although nobody had looked yet: on a kept connection, and on new ones', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const kept = rawClient(port)
    kept.send('GET /quick HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await kept.until('quick')
    const made = Array.from({ length: 20 }, () => rawClient(port))
    for (const client of made) client.send('GET /quick HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    // Sockets begin to connect after this tick.
    await new Promise((resolve) => process.nextTick(resolve))
    kept.send('GET /quick?again HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await proxy.close()
    expect((await kept.ended()).text.match(/HTTP\/1.1 200 /g)).toHaveLength(2)
    const answers = await Promise.all(made.map(async (client) => client.ended()))
    expect(answers.filter(({ text }) => text.startsWith('HTTP/1.1 200 '))).toHaveLength(20)
  })

  it('tells a client with Connection: close on what it still answers', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const client = rawClient(port)
    client.send('GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await upstream.reached
    // The second request waits behind the first on the same connection.
    const closed = proxy.close()
    client.send('GET /quick HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    upstream.release()
    expect((await client.ended()).text).toContain('Connection: close')
    await closed
  })

  it('cuts what has not ended after the grace period', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const client = rawClient(port)
    client.send('GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await upstream.reached
    await proxy.close({ graceMs: 50 })
    expect((await client.ended()).text).toBe('')
  })

  it('does not wait for connections that were made and never used, nor for what is no HTTP', async () => {
    const { proxy, port } = await runProxy([])
    const unused = rawClient(port)
    await once(unused.socket, 'connect')
    const refused = ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nmore', 'no HTTP\r\n\r\n'].map((bytes) => {
      const client = rawClient(port)
      // Whoever keeps its side open must not keep ours.
      client.socket.removeAllListeners('end')
      client.send(bytes)
      return client
    })
    await Promise.all(refused.map((client) => client.until('error_msg')))
    await proxy.close({ graceMs: 600_000 })
    expect(await unused.ended()).toMatchObject({ text: '' })
  })

  it('still answers the first request of a connection that was just made', async () => {
    const { client, closed } = await firstRequestWhileClosing()
    expect((await client.ended()).text).toMatch(/^HTTP\/1.1 200 [^]*Connection: close[^]*quick$/)
    await closed
  })

  it('still answers it when the process stood still for longer than it waits for such a request', async () => {
    const { client, closed } = await firstRequestWhileClosing()
    const until = performance.now() + 600
    while (performance.now() < until) {
      // Nothing else happens.
    }
    expect((await client.ended()).text).toMatch(/^HTTP\/1.1 200 [^]*quick$/)
    await closed
  })

  it('lets a slow client read to the end of its answer', async () => {
    const size = 16 * 1024 * 1024
    const { endpoint } = await nodeUpstream((_request, response) => response.end(Buffer.alloc(size)))
    const { proxy, port } = await runProxy([routeTo(endpoint)])
    const client = connect(port, '127.0.0.1').pause()
    client.write('GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await once(client, 'readable')
    const closed = proxy.close({ graceMs: 600_000 })
    let received = 0
    client.on('data', (bytes) => (received += bytes.length))
    await once(client, 'close')
    expect(received).toBeGreaterThan(size)
    await closed
  })

  it('resolves only when all has ended, also for who asks a second time', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const client = rawClient(port)
    client.send('GET /slow HTTP/1.1\r\nHost: gw.test\r\n\r\n')
    await upstream.reached
    const order: string[] = []
    const closed = [proxy.close(), proxy.close()].map((each) => each.then(() => order.push('closed')))
    await fetch(upstream.endpoint + '/quick')
    order.push('released')
    upstream.release()
    await Promise.all(closed)
    expect(order).toEqual(['released', 'closed', 'closed'])
  })

  it('can be asked for twice, and before listening', async () => {
    const { proxy } = await runProxy([])
    await expect(Promise.all([proxy.close(), proxy.close()])).resolves.toHaveLength(2)
    await expect(createProxy().close()).resolves.toBeUndefined()
  })
})

describe('listening', () => {
  it('works on several addresses at once', async () => {
    const upstream = await heldUpstream()
    const { proxy, port } = await runProxy([routeTo(upstream.endpoint)])
    const second = await proxy.listen({ host: '127.0.0.1', port: 0 })
    for (const each of [port, second.port]) {
      expect(await (await fetch(`http://127.0.0.1:${each}/quick`)).text()).toBe('quick')
    }
  })

  it("rejects with the system's error when the port is taken", async () => {
    const { proxy, port } = await runProxy([])
    await expect(proxy.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
