import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { malformedMessages } from './http1/malformed-messages.ts'
import { randomBytes } from './http1/random-bytes.ts'
import { readResponses } from './http1/read-messages.ts'
import { rawClient } from './raw-client.ts'
import { routeTo, runProxy } from './running-proxy.ts'

/** Connections of each kind; more by hand. */
const rounds = Number(process.env['FUZZ_CONNECTIONS'] ?? 500)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

/** Tells every error that no peer should be able to cause. */
function watchfulLogger() {
  const errors: object[] = []
  return { errors, logger: { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) } }
}

let server: Server
let endpoint: string
/** What the upstream does with a connection that has sent something. */
let answer: (socket: Socket) => void = () => undefined
const open = new Set<Socket>()

beforeAll(async () => {
  server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', () => answer(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(() => void server.close())

const get = 'GET /mine HTTP/1.1\r\nHost: gw.test\r\n\r\n'
const fine = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'

/** Sends pieces with a pause between them, so that they arrive as such more often than not. */
async function sendPieces(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    socket.write(piece)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

function finalAnswer(bytes: Buffer) {
  return readResponses([bytes]).messages.find(({ head }) => head.code >= 200)
}

describe('whatever a peer sends', () => {
  it('as a client, others are served, nothing unexpected happens and no connection stays', async () => {
    answer = (socket) => void socket.write(fine)
    const { errors, logger } = watchfulLogger()
    const { port, url, proxy } = await runProxy([routeTo(endpoint)], { logger, clientTimeoutMs: 500 })
    const source = randomBytes(
      'request',
      seed,
      malformedMessages('requests').map(({ bytes }) => bytes),
    )
    for (let round = 0; round < rounds; round += 1) {
      const client = rawClient(port)
      await sendPieces(client.socket, source.next().pieces)
      // Some leave politely, some do not.
      if (round % 2 === 0) client.socket.end()
      else client.socket.resetAndDestroy()
    }
    expect(await (await fetch(url)).text()).toBe('fine')
    await proxy.close({ graceMs: 60_000 })
    expect(errors).toEqual([])
    await expect.poll(() => open.size).toBe(0)
  })

  it('as an upstream, its client gets what it meant, 502, or a broken connection; and no other client gets any of it', async () => {
    const source = randomBytes(
      'response',
      seed,
      malformedMessages('responses').map(({ bytes }) => bytes),
    )
    const { errors, logger } = watchfulLogger()
    const timeout = { connect: 5, send: 5, read: 5 }
    const { port, url, proxy } = await runProxy([routeTo(endpoint, { timeout })], { logger })
    for (let round = 0; round < rounds; round += 1) {
      const { bytes, pieces } = source.next()
      answer = (socket) => {
        socket.removeAllListeners('data')
        void sendPieces(socket, pieces).then(() => socket.end())
      }
      const client = rawClient(port)
      client.send(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      const { text, reset } = await client.ended()
      const meant = finalAnswer(bytes)
      const got = finalAnswer(Buffer.from(text, 'latin1'))
      const isRight =
        meant?.complete === true
          ? got?.head.code === meant.head.code && got.body === meant.body
          : got?.complete === true
            ? got.head.code === 502
            : reset
      expect({ sent: bytes.toString('latin1'), text, isRight }).toMatchObject({ isRight: true })
    }
    answer = (socket) => void socket.write(fine)
    expect(await (await fetch(url)).text()).toBe('fine')
    await proxy.close({ graceMs: 60_000 })
    expect(errors).toEqual([])
    await expect.poll(() => open.size).toBe(0)
  })

  it('on a connection that waits for a request, nobody gets it as an answer', async () => {
    answer = (socket) => void socket.write(`${fine}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
    const { url } = await runProxy([routeTo(endpoint)])
    let connections = 0
    server.on('connection', () => (connections += 1))
    for (let round = 0; round < 5; round += 1) expect(await (await fetch(url)).text()).toBe('fine')
    // Of a connection that has said too much, what comes next cannot be told.
    expect(connections).toBe(5)
    let late: Socket | undefined
    answer = (socket) => {
      socket.write(fine)
      late = socket
    }
    expect(await (await fetch(url)).text()).toBe('fine')
    late?.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison')
    await expect.poll(() => open.size).toBe(0)
    expect(await (await fetch(url)).text()).toBe('fine')
  })
})
