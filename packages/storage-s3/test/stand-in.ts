import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void

export interface StandIn {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  openConnections(): number
  stop(): Promise<void>
}

/** An HTTP server that stands in for a service of AWS that tests have no real one of. What is not answered, hangs. */
export async function startStandIn(answer: Answer): Promise<StandIn> {
  const open = new Set<Socket>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => answer(request, body, response))
  })
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    openConnections: () => open.size,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
