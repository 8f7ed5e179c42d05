import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The connections of a listener, for closing it. Node's own account will not do: it closes a connection whose answer is
 * ended but not sent yet, keeps one open that was never used, and forgets one that is no HTTP any more.
 */
export interface ClientConnections {
  /** Again for the same socket: nothing changes. */
  add(socket: Socket): void
  /** An exchange begins. It ends when its request is read and its answer sent. */
  begin(request: IncomingMessage, response: ServerResponse): void
  /** Answers that are not sent yet, in the order of their requests. */
  unsent(socket: Socket): readonly ServerResponse[]
  /** Ends kept connections that wait for a request: now, and from now on whenever an exchange leaves one behind. */
  drain(): void
  /** Ends connections on which nothing ever came. */
  closeUnused(): void
  destroyAll(): void
}

interface ClientConnection {
  readonly exchanges: Set<ServerResponse>
  /** What had been read when the last exchange ended: more than that is the beginning of something. */
  bytesRead: number
}

export function clientConnections(): ClientConnections {
  const connections = new Map<Socket, ClientConnection>()
  let draining = false

  return {
    add(socket) {
      if (connections.has(socket)) return
      connections.set(socket, { exchanges: new Set(), bytesRead: 0 })
      socket.once('close', () => connections.delete(socket))
      // Whoever takes a socket over from node:http gets it without a listener for errors, and an error without one ends
      // the process. The end of the connection tells all that matters.
      socket.on('error', () => undefined)
      // A pipelining client has many requests in flight, each with a listener for the end of the connection.
      socket.setMaxListeners(0)
    },
    begin(request, response) {
      const { socket } = request
      const connection = connections.get(socket)
      if (connection === undefined) return
      connection.exchanges.add(response)
      let running = 2
      const end = () => {
        running -= 1
        if (running > 0) return
        connection.exchanges.delete(response)
        connection.bytesRead = socket.bytesRead
        if (draining && connection.exchanges.size === 0) socket.destroy()
      }
      request.once('close', end)
      response.once('close', end)
    },
    unsent: (socket) => [...(connections.get(socket)?.exchanges ?? [])].filter(({ closed }) => !closed),
    drain() {
      draining = true
      for (const [socket, { exchanges, bytesRead }] of connections) {
        if (exchanges.size === 0 && bytesRead > 0 && socket.bytesRead === bytesRead) socket.destroy()
      }
    },
    closeUnused() {
      for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy()
    },
    destroyAll() {
      for (const socket of connections.keys()) socket.destroy()
    },
  }
}
