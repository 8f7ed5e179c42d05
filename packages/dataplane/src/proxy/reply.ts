import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

const lingerMs = 30_000
const lastAnswerLingerMs = 2000

/** An answer of the proxy's own: JSON with `error_msg`, as APISIX answers. Does nothing when an answer has begun. */
export function reply(response: ServerResponse, code: number, message: string): void {
  if (response.headersSent || response.destroyed) return
  // A client that was not told to continue may keep its body to itself, and go on with its next request.
  if (response.req.headers.expect !== undefined && !response.req.complete) response.shouldKeepAlive = false
  const body = `${JSON.stringify({ error_msg: message })}\n`
  response.writeHead(code, {
    Server: 'outlast',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** The same on a bare socket, which it closes as soon as the client has done so, or has had time to read the answer. */
export function replyOnSocket(socket: Duplex, code: number, message: string): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const body = `${JSON.stringify({ error_msg: message })}\n`
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nServer: outlast\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lastAnswerLingerMs)
  socket.once('close', () => clearTimeout(timer))
}

/** Reads the rest of a request that nobody wants, for a bounded time, so that the answer reaches the client (RFC 9112 §9.6). */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  request.resume()
  const timer = setTimeout(() => request.socket.destroy(), lingerMs)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
}
