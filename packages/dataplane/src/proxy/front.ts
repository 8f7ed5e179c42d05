import { createServer, ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { reply, replyOnSocket } from './reply.ts'
import { asksForWebsocket, headWithoutUpgrade } from './websocket-tunnel.ts'

/** One HTTP/1.1 listener. */
export interface Front {
  listen(options: {
    readonly host?: string | undefined
    readonly port: number
  }): Promise<{ host: string; port: number }>
  /** Stops accepting, lets exchanges and tunnels end for at most `graceMs`, then closes what is left. */
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

export function front(handlers: FrontHandlers): Front {
  const upgraded = new Set<Socket>()
  const answering = new WeakMap<Socket, number>()
  let closing = false

  const server = createServer({
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    // A body may take as long as it likes while it moves; the exchange watches it.
    requestTimeout: 0,
  })
  // Node would drop fields beyond a count in silence. The size of a head is limited anyway.
  server.maxHeadersCount = 0

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    answering.set(socket, (answering.get(socket) ?? 0) + 1)
    if (closing) response.shouldKeepAlive = false
    response.once('close', () => {
      answering.set(socket, (answering.get(socket) ?? 1) - 1)
      if (closing) server.closeIdleConnections()
    })
    handlers.onRequest(request, response)
  }

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { socket } = request
    stream.on('error', () => stream.destroy())
    if ((answering.get(socket) ?? 0) > 0) {
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
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
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

  // A pipelining client has many requests in flight, each with a listener for the end of the connection.
  server.on('connection', (socket) => socket.setMaxListeners(0))
  server.on('request', begin)
  server.on('checkContinue', begin)
  server.on('checkExpectation', (_request, response) => reply(response, 417, 'Expectation Failed'))
  server.on('upgrade', onUpgrade)
  server.on('connect', (_request, socket) => replyOnSocket(socket, 501, 'CONNECT is not implemented'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else if (error.code === 'HPE_HEADER_OVERFLOW') replyOnSocket(socket, 431, 'Request Header Fields Too Large')
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') replyOnSocket(socket, 408, 'Request Timeout')
    else replyOnSocket(socket, 400, 'Bad Request')
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
    close(graceMs) {
      closing = true
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          server.closeAllConnections()
          for (const socket of upgraded) socket.destroy()
        }, graceMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}
