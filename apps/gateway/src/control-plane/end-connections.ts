import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

const graceMs = 5000

/**
 * Lets `app.close()` end: requests in flight have five seconds. Node by itself waits without limit for connections that
 * were made and not used (browsers and monitors make them), and for requests that never come to their end.
 */
export function endConnections(app: FastifyInstance): void {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('preClose', (done) => {
    for (const socket of sockets) {
      if (socket.bytesRead === 0) {
        socket.destroy()
      }
    }
    setTimeout(() => {
      for (const socket of sockets) {
        socket.destroy()
      }
    }, graceMs).unref()
    done()
  })
}
