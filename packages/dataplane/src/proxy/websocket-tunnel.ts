import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connectionOptions } from './hop-by-hop.ts'
import { hasBody } from './request-body.ts'

/** Whether a request asks for a WebSocket (RFC 6455 §4.1), and for nothing else. */
export function asksForWebsocket(request: IncomingMessage): boolean {
  return (
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    connectionOptions(request.headers.connection).includes('upgrade') &&
    !hasBody(request)
  )
}

/** Agrees to the upgrade and passes bytes both ways until either side ends, or nothing passed for `idleMs`. */
export function openTunnel(options: {
  readonly client: Socket
  /** Bytes that came behind the client's request. */
  readonly clientHead: Buffer
  readonly upstream: Duplex
  readonly headers: readonly string[]
  readonly idleMs: number
}): void {
  const { client, upstream } = options
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
  for (let index = 0; index + 1 < options.headers.length; index += 2) {
    lines.push(`${options.headers[index]}: ${options.headers[index + 1]}`)
  }
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (options.clientHead.length > 0) upstream.write(options.clientHead)

  const closeBoth = () => {
    client.destroy()
    upstream.destroy()
  }
  // A broken side is an ended one; there is nobody to tell.
  client.on('error', closeBoth).on('close', closeBoth)
  upstream.on('error', closeBoth).on('close', closeBoth)
  // Every byte of either direction passes the client's socket.
  client.setTimeout(options.idleMs, closeBoth)
  client.pipe(upstream)
  upstream.pipe(client)
}

/** The head of a request whose upgrade is declined, to be read again as a request like any other. */
export function headWithoutUpgrade(request: IncomingMessage): Buffer {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const value = request.rawHeaders[index + 1] ?? ''
    switch (name.toLowerCase()) {
      case 'upgrade':
      case 'http2-settings':
        break
      case 'connection':
        lines.push(
          `${name}: ${value
            .split(',')
            .filter((option) => option.trim().toLowerCase() !== 'upgrade')
            .join(',')}`,
        )
        break
      default:
        lines.push(`${name}: ${value}`)
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
