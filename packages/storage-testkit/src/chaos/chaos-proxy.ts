import { createServer } from 'node:net'

import { chaosConnection, type ChaosConnection } from './chaos-connection.ts'
import type { ChaosFault } from './chaos-fault.ts'

export interface ChaosProxyOptions {
  /** The server behind it. Without one nothing is ever answered. */
  readonly upstream?: { readonly host: string; readonly port: number } | undefined
  /** What it does at first. Default `pass`. */
  readonly fault?: ChaosFault | undefined
}

export interface ChaosProxy {
  readonly host: string
  readonly port: number
  /**
   * From now on does this, to connections that are open already too. A fault ends the one before it; connections that a
   * fault has ended stay so. Works at once; resolves when connections are taken again after `refuse`, on the same port.
   */
  set(fault: ChaosFault): Promise<void>
  /** How many connections have come so far. */
  connections(): number
  /** How many the client still holds open. */
  openConnections(): number
  /** Ends all connections, and refuses others. */
  stop(): Promise<void>
}

/**
 * A TCP proxy on 127.0.0.1 between a client and its server, for what no real network does on request. Knows no protocol:
 * etcd, an object store or a database will do.
 */
export async function chaosProxy(options: ChaosProxyOptions = {}): Promise<ChaosProxy> {
  const { upstream } = options
  const host = '127.0.0.1'
  const all = new Set<ChaosConnection>()
  const open = new Set<ChaosConnection>()
  let { fault = 'pass' } = options
  let connections = 0

  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1
    const connection = chaosConnection({
      client,
      upstream,
      fault,
      onClosed: () => open.delete(connection),
      onSpent: () => apply('pass'),
    })
    all.add(connection)
    open.add(connection)
    client.on('close', () => all.delete(connection))
  })
  const listen = async (port: number): Promise<number> => {
    const listening = Promise.withResolvers<void>()
    server.once('error', listening.reject)
    server.listen({ host, port }, listening.resolve)
    await listening.promise
    server.off('error', listening.reject)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
    return address.port
  }

  const apply = (next: ChaosFault): void => {
    fault = next
    for (const connection of all) connection.setFault(fault)
  }

  const port = await listen(0)
  if (fault === 'refuse') server.close()
  return {
    host,
    port,
    async set(next) {
      apply(next)
      if (fault === 'refuse') server.close()
      else if (!server.listening) await listen(port)
    },
    connections: () => connections,
    openConnections: () => open.size,
    async stop() {
      for (const connection of all) connection.destroy()
      if (!server.listening) return
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      await closed.promise
    },
  }
}
