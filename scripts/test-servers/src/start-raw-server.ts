import { createServer, type Socket } from 'node:net'

export interface RawServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  /** How many connections have come so far. */
  connections(): number
  /** How many are open now. */
  openConnections(): number
  stop(): Promise<void>
}

/**
 * A TCP server that misbehaves as told: `answer` gets every connection once its first bytes have arrived,
 * and may write anything, or nothing at all. For what no real server does on request.
 */
export async function startRawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // Clients that hang up in the middle are what these tests are about.
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => answer(socket, bytes.toString('latin1')))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    connections: () => connections,
    openConnections: () => open.size,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** An HTTP/1.1 answer that announces its length and closes the connection. */
export function httpAnswer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n${body}`
}
