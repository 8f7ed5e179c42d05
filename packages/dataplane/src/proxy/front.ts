import { createServer, type Server } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClientConnection } from './http1/client-connection.ts'
import type { ConnectionContext } from './http1/connection-context.ts'

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

export interface FrontOptions extends Pick<
  ConnectionContext,
  'dateField' | 'deadlines' | 'onRequest' | 'onUnexpected' | 'timeouts'
> {
  /** A listener failed after it had begun to listen. */
  readonly onError: (error: Error) => void
}

/** How long a closing listener waits for the first request on a connection that has just been made. */
const firstRequestMs = 500

export function front(options: FrontOptions): Front {
  const connections = new Set<ClientConnection>()
  let accepted = 0
  let isDraining = false
  let closed: Promise<void> | undefined

  const context: ConnectionContext = {
    ...options,
    isDraining: () => isDraining,
    onClosed: (connection) => {
      if (connection instanceof ClientConnection) connections.delete(connection)
    },
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted += 1
    connections.add(new ClientConnection(socket, context))
  })

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

  async function endUnused(): Promise<void> {
    // If this process has stood still, their first requests may be there by now.
    await nextTurn()
    for (const connection of connections) if (connection.isUnused) connection.destroy()
  }

  async function drain(): Promise<void> {
    await arrivals()
    const ended = end(server)
    for (const connection of connections) connection.drain()
    await ended
  }

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          server.on('error', options.onError)
          const address = server.address()
          if (address === null || typeof address === 'string') reject(new Error('the listener has no TCP address'))
          else resolve({ host: address.address, port: address.port })
        })
      }),
    async close(graceMs) {
      isDraining = true
      closed ??= drain()
      const timers = [
        setTimeout(() => void endUnused(), Math.min(firstRequestMs, graceMs)),
        setTimeout(() => {
          for (const connection of connections) connection.destroy()
        }, graceMs),
      ]
      await closed
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** Resolves when nothing is accepted any more and every connection has ended. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
