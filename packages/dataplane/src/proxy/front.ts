import { createServer, ServerResponse, type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { clientConnections } from './client-connections.ts'
import { drainRequest, reply, replyOnSocket } from './reply.ts'
import { asksForWebsocket, headWithoutUpgrade } from './websocket-tunnel.ts'

/** One HTTP/1.1 listener. */
export interface Front {
  listen(options: {
    readonly host?: string | undefined
    readonly port: number
  }): Promise<{ host: string; port: number }>
  /**
   * Stops accepting, lets exchanges and tunnels end for at most `graceMs`, then closes what is left. What has arrived
   * already is answered, also when nobody has looked at it yet.
   */
  close(graceMs: number): Promise<void>
}

export interface FrontHandlers {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly allowsWebsocket: (request: IncomingMessage) => boolean
  /** `head`: bytes that came behind the request. After an upgrade the socket is the handler's. */
  readonly onWebsocket: (request: IncomingMessage, response: ServerResponse, head: Buffer) => void
  /** A listener failed after it had begun to listen. */
  readonly onError: (error: Error) => void
}

/** Longer than clients and balancers keep idle connections, so that they are the ones to close. */
const keepAliveMs = 75_000
const headersMs = 60_000
/** How long a closing listener waits for the first request on a connection that has just been made. */
const firstRequestMs = 500
/** Requests of one connection that wait for their answers. Node reads on, however many there are. */
const maximumPipelined = 1000

export function front(handlers: FrontHandlers): Front {
  const connections = clientConnections()
  const unclear = new WeakSet<Duplex>()
  let accepted = 0
  let closed: Promise<void> | undefined

  const server = createServer({
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    // A body may take as long as it likes while it moves; the exchange watches it.
    requestTimeout: 0,
  })
  // Node would drop fields beyond a count in silence. The size of a head is limited anyway.
  server.maxHeadersCount = 0
  // `server.close` calls it.
  server.closeIdleConnections = () => connections.drain()

  function begin(request: IncomingMessage, response: ServerResponse, handle = handlers.onRequest): void {
    const { socket } = request
    if (socket.destroyed) return
    connections.begin(request, response)
    if (connections.unsent(socket).length > maximumPipelined) {
      socket.destroy()
      return
    }
    if (closed !== undefined) response.shouldKeepAlive = false
    handle(request, response)
  }

  function onUpgrade(request: IncomingMessage, _stream: Duplex, head: Buffer): void {
    const { socket } = request
    if (connections.unsent(socket).length > 0) {
      // Node hands the socket over although answers to earlier requests are still to be written to it.
      socket.destroy()
      return
    }
    if (!asksForWebsocket(request) || !handlers.allowsWebsocket(request)) {
      // RFC 9110 §7.8: an upgrade may be ignored. So the request is read again without it, body and all.
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]))
      server.emit('connection', socket)
      return
    }
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    response.shouldKeepAlive = false
    // The upstream may decline, and its answer is the last on this connection.
    response.once('finish', () => {
      response.detachSocket(socket)
      socket.end()
    })
    handlers.onWebsocket(request, response, head)
  }

  /** What came cannot be read, nor anything behind it: this is the connection's last answer. */
  function refuse(socket: Duplex, code: number, message: string): void {
    // What follows is just as unreadable, and comes here as well.
    if (unclear.has(socket)) return
    unclear.add(socket)
    const unsent = socket instanceof Socket ? connections.unsent(socket) : []
    const last = unsent.at(-1)
    if (last === undefined || (unsent.length === 1 && !last.req.complete && !last.headersSent)) {
      replyOnSocket(socket, code, message)
    } else if (last.req.complete) {
      // The requests before it are good: they get their answers, and no others.
      last.shouldKeepAlive = false
      last.once('close', () => socket.destroy())
    } else {
      socket.destroy()
    }
  }

  /**
   * Resolves when everything was accepted and read that had arrived before. A busy process may not have looked for a
   * while: on connections that seem idle there may be requests, and new ones may wait to be accepted.
   */
  async function arrivals(): Promise<void> {
    const givenUpAt = performance.now() + firstRequestMs
    let before: number
    do {
      before = accepted
      // The rest of this turn of the event loop, and the whole of the next: it looks at every connection that there is,
      // and accepts one.
      await nextTurn()
      await nextTurn()
    } while (accepted > before && performance.now() < givenUpAt)
  }

  server.on('connection', (socket) => {
    accepted += 1
    connections.add(socket)
  })
  server.on('request', (request, response) => begin(request, response))
  server.on('checkContinue', (request, response) => begin(request, response))
  server.on('checkExpectation', (request, response) =>
    begin(request, response, () => {
      reply(response, 417, 'Expectation Failed')
      drainRequest(request)
    }),
  )
  server.on('upgrade', onUpgrade)
  server.on('connect', (_request, socket) => refuse(socket, 501, 'CONNECT is not implemented'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else if (error.code === 'HPE_HEADER_OVERFLOW') refuse(socket, 431, 'Request Header Fields Too Large')
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refuse(socket, 408, 'Request Timeout')
    else refuse(socket, 400, 'Bad Request')
  })

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          server.on('error', handlers.onError)
          const address = server.address()
          if (address === null || typeof address === 'string') reject(new Error('the listener has no TCP address'))
          else resolve({ host: address.address, port: address.port })
        })
      }),
    async close(graceMs) {
      closed ??= arrivals().then(
        () =>
          new Promise((resolve) => {
            server.close(() => resolve())
          }),
      )
      const timers = [
        setTimeout(() => connections.closeUnused(), Math.min(firstRequestMs, graceMs)),
        setTimeout(() => connections.destroyAll(), graceMs),
      ]
      await closed
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
