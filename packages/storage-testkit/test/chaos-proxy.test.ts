import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { chaosProxy, type ChaosFault, type ChaosProxy } from '../src/index.ts'

const host = '127.0.0.1'

/** What a client has seen of one connection. */
interface Client {
  readonly socket: Socket
  received(): string
  /** `end` for a FIN, an error's code otherwise. */
  ending(): string | undefined
}

function openClient(port: number): Client {
  const socket = connect({ port, host })
  let received = ''
  let ending: string | undefined
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk))
  socket.on('end', () => (ending = 'end'))
  socket.on('error', (error: NodeJS.ErrnoException) => (ending = error.code))
  return { socket, received: () => received, ending: () => ending }
}

describe('chaosProxy before a server that repeats what it hears', () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    heard.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => heardText.push(chunk.toString('latin1')))
    socket.pipe(socket)
  })
  let heard: Socket[] = []
  let heardText: string[] = []
  let proxy: ChaosProxy

  beforeEach(async () => {
    heard = []
    heardText = []
    echo.listen(0, host)
    await once(echo, 'listening')
    const address = echo.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    proxy = await chaosProxy({ upstream: { host, port: address.port } })
  })
  afterEach(async () => {
    await proxy.stop()
    for (const socket of heard) socket.destroy()
    await new Promise((resolve) => void echo.close(resolve))
  })

  /** A connection that has passed bytes both ways. */
  const openUsed = async (): Promise<Client> => {
    const client = openClient(proxy.port)
    client.socket.write('hello ')
    await expect.poll(() => client.received()).toBe('hello ')
    return client
  }

  it('passes everything on, and the end of both sides', async () => {
    const client = await openUsed()
    client.socket.end('world')
    await expect.poll(() => client.ending()).toBe('end')
    expect(client.received()).toBe('hello world')
    await expect.poll(() => heard[0]?.destroyed).toBe(true)
  })

  it('counts the connections that came, and those that the client holds open', async () => {
    const clients = [await openUsed(), await openUsed()]
    expect([proxy.connections(), proxy.openConnections()]).toEqual([2, 2])
    clients[0]?.socket.destroy()
    await expect.poll(() => proxy.openConnections()).toBe(1)
    clients[1]?.socket.end()
    await expect.poll(() => proxy.openConnections()).toBe(0)
    expect(proxy.connections()).toBe(2)
  })

  it('black-hole: holds what comes, on open connections too, and lets it go afterwards', async () => {
    const client = await openUsed()
    await proxy.set('black-hole')
    client.socket.write('held')
    const late = openClient(proxy.port)
    late.socket.write('late')
    await wait(50)
    expect([client.received(), late.received(), heardText.join('')]).toEqual(['hello ', '', 'hello '])
    await proxy.set('pass')
    await expect.poll(() => [client.received(), late.received()]).toEqual(['hello held', 'late'])
  })

  it.each<ChaosFault>(['reset', 'cut', 'refuse'])('black-hole, then %s: what was held never arrives', async (fault) => {
    const client = await openUsed()
    await proxy.set('black-hole')
    client.socket.write('held')
    await wait(30)
    await proxy.set(fault)
    await expect.poll(() => heard[0]?.destroyed).toBe(true)
    expect(heardText).toEqual(['hello '])
  })

  it.each<ChaosFault>(['black-hole', { blackHoleAfterBytes: 0 }])(
    '%j: sees when the client gives up',
    async (fault) => {
      const client = await openUsed()
      await proxy.set(fault)
      client.socket.write('held')
      client.socket.end()
      await expect.poll(() => proxy.openConnections()).toBe(0)
      await expect.poll(() => heard[0]?.destroyed).toBe(true)
    },
  )

  it.each<[ChaosFault, string]>([
    ['cut', 'end'],
    ['half-close', 'end'],
    ['reset', 'ECONNRESET'],
    ['refuse', 'ECONNRESET'],
  ])('%s: ends an open connection with %s', async (fault, ending) => {
    const client = await openUsed()
    await proxy.set(fault)
    await expect.poll(() => client.ending()).toBe(ending)
  })

  it.each<[ChaosFault, string]>([
    ['cut', 'end'],
    ['half-close', 'end'],
    ['reset', 'ECONNRESET'],
    ['refuse', 'ECONNREFUSED'],
  ])('%s: meets a new connection with %s', async (fault, ending) => {
    await proxy.set(fault)
    const client = openClient(proxy.port)
    client.socket.write('hello')
    await expect.poll(() => client.ending()).toBe(ending)
    expect(client.received()).toBe('')
  })

  it('half-close: the server still hears the client, and cut: no more', async () => {
    for (const [fault, expected] of [
      ['half-close', ['hello ', 'more']],
      ['cut', ['hello ']],
    ] as const) {
      heardText = []
      const socket = connect({ port: proxy.port, host, allowHalfOpen: true }).on('error', () => undefined)
      await proxy.set('pass')
      socket.write('hello ')
      await once(socket, 'data')
      await proxy.set(fault)
      await once(socket, 'end')
      socket.write('more')
      await wait(50)
      expect(heardText).toEqual(expected)
      socket.destroy()
    }
  })

  it.each<[ChaosFault, string | undefined]>([
    [{ cutAfterBytes: 3 }, 'end'],
    [{ halfCloseAfterBytes: 3 }, 'end'],
    [{ resetAfterBytes: 3 }, 'ECONNRESET'],
    [{ blackHoleAfterBytes: 3 }, undefined],
  ])('%j: the server hears everything, the client just that much', async (fault, ending) => {
    const client = await openUsed()
    await proxy.set(fault)
    client.socket.write('abc')
    await expect.poll(() => client.received()).toBe('hello abc')
    expect(client.ending()).toBeUndefined()
    client.socket.write('def')
    await expect.poll(() => heardText.join('')).toBe('hello abcdef')
    await expect.poll(() => client.ending()).toBe(ending)
    await wait(20)
    expect(client.received()).toBe('hello abc')
  })

  it('counts the bytes of an answer anew for each connection, and for each fault', async () => {
    const clients = [await openUsed(), await openUsed()]
    for (const round of [1, 2]) {
      await proxy.set({ blackHoleAfterBytes: 2 })
      for (const client of clients) client.socket.write('12')
      for (const client of clients) await expect.poll(() => client.received()).toBe(`hello ${'12'.repeat(round)}`)
    }
  })

  it('once: ends one answer, and passes the next', async () => {
    const clients = [await openUsed(), await openUsed()]
    await proxy.set({ resetAfterBytes: 2, once: true })
    for (const client of clients) client.socket.write('12')
    for (const client of clients) await expect.poll(() => client.received()).toBe('hello 12')
    clients[0]?.socket.write('34')
    await expect.poll(() => clients[0]?.ending()).toBe('ECONNRESET')
    clients[1]?.socket.write('34')
    await expect.poll(() => clients[1]?.received()).toBe('hello 1234')
  })

  it('delayMs: everything, later, in both directions', async () => {
    const client = await openUsed()
    await proxy.set({ delayMs: 40 })
    const begin = performance.now()
    client.socket.end('late')
    await expect.poll(() => client.ending()).toBe('end')
    expect(client.received()).toBe('hello late')
    expect(performance.now() - begin).toBeGreaterThanOrEqual(78)
  })

  it('bytesPerSecond: everything, in order, not faster', async () => {
    const client = await openUsed()
    const bytes = Array.from({ length: 300 }, (_value, index) => String.fromCodePoint(33 + (index % 90))).join('')
    await proxy.set({ bytesPerSecond: 2_000 })
    const begin = performance.now()
    client.socket.end(bytes)
    await expect.poll(() => client.ending()).toBe('end')
    expect(client.received()).toBe(`hello ${bytes}`)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(100)
  })

  it('takes connections on the same port again after it refused them', async () => {
    await proxy.set('refuse')
    const { port } = proxy
    await proxy.set('pass')
    expect(proxy.port).toBe(port)
    await openUsed()
  })

  it('can refuse from the first moment on, and be stopped then', async () => {
    const refusing = await chaosProxy({ fault: 'refuse' })
    const client = openClient(refusing.port)
    await expect.poll(() => client.ending()).toBe('ECONNREFUSED')
    await refusing.stop()
  })
})

it('chaosProxy without a server never answers', async () => {
  const proxy = await chaosProxy()
  const client = openClient(proxy.port)
  client.socket.write('hello')
  await expect.poll(() => proxy.openConnections()).toBe(1)
  await wait(30)
  expect([client.received(), client.ending()]).toEqual(['', undefined])
  await proxy.stop()
  await expect.poll(() => client.ending()).toBe('end')
})

it('chaosProxy passes on that the server behind it refuses connections', async () => {
  const gone = await chaosProxy({ fault: 'refuse' })
  const proxy = await chaosProxy({ upstream: gone })
  const client = openClient(proxy.port)
  await expect.poll(() => client.ending()).toBe('ECONNRESET')
  await Promise.all([proxy.stop(), gone.stop()])
})

it('chaosProxy cuts the body of a true HTTP answer, and the client sees it', async () => {
  const server = createHttpServer((_request, response) => response.end('x'.repeat(100_000))).listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const proxy = await chaosProxy({ upstream: { host, port: address.port } })
  const url = `http://${host}:${proxy.port}/`
  const read = async (): Promise<string> => {
    const { body } = await fetch(url)
    return body === null ? '' : text(body)
  }
  expect(await read()).toHaveLength(100_000)
  await proxy.set({ cutAfterBytes: 50_000 })
  await expect(read()).rejects.toThrow('terminated')
  await proxy.set('pass')
  expect(await read()).toHaveLength(100_000)
  await proxy.stop()
  server.closeAllConnections()
  server.close()
})
