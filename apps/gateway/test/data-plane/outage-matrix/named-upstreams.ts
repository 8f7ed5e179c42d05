import { createServer } from 'node:http'

export interface NamedUpstreams {
  /** `host:port` of the one that answers with this name. */
  address(name: string): string
  stop(): Promise<void>
}

/** For each name a real HTTP server that answers everything with it: who answers tells which configuration is in effect. */
export async function startNamedUpstreams(names: readonly string[]): Promise<NamedUpstreams> {
  const servers = new Map(
    names.map((name) => [name, createServer((_request, response) => response.end(name))] as const),
  )
  for (const server of servers.values()) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
  }
  return {
    address(name) {
      const address = servers.get(name)?.address()
      if (typeof address !== 'object' || address === null) throw new Error(`no upstream is called ${name}`)
      return `127.0.0.1:${address.port}`
    },
    async stop() {
      for (const server of servers.values()) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}
