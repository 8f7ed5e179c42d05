import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface NodeUpstream {
  readonly endpoint: string
  readonly server: Server
}

/** A real HTTP server that ends with the test. */
export function nodeUpstream(listener: RequestListener): Promise<NodeUpstream> {
  return started(createServer(listener), 'http')
}

/** The same with TLS and a self-signed certificate. */
export function tlsUpstream(listener: RequestListener): Promise<NodeUpstream> {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url))
  const key = fixture('upstream-key.pem')
  return started(createTlsServer({ key, cert: fixture('upstream-certificate.pem') }, listener), 'https')
}

async function started(server: Server, scheme: string): Promise<NodeUpstream> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const address = server.address()
  return { server, endpoint: `${scheme}://127.0.0.1:${portOf(address)}` }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the upstream has no TCP address')
  return address.port
}
