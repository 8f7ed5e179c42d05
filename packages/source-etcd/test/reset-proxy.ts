import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface ResetProxy {
  readonly endpoint: string
  /** Breaks off every connection (RST), as a load balancer does that has lost its server. */
  reset(): void
  stop(): Promise<void>
}

/** Passes everything on until then. */
export async function startResetProxy(target: string): Promise<ResetProxy> {
  const { hostname, port } = new URL(target)
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    clients.add(client)
    client.on('close', () => {
      clients.delete(client)
      upstream.destroy()
    })
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const reset = (): void => {
    for (const client of clients) client.resetAndDestroy()
  }
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    reset,
    stop: async () => {
      reset()
      server.close()
      await once(server, 'close')
    },
  }
}
