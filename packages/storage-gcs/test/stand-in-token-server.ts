import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Server } from 'node:net'
import type { Duplex } from 'node:stream'

import { certificate } from './certificate.ts'

/**
 * Stands in for whoever gives tokens: the metadata server, the security token service (STS), IAM's impersonation, and
 * (behind a proxy, because the library knows just one address of it) the OAuth token endpoint.
 */
export interface StandInTokenServer {
  /** Host and port, for `GCE_METADATA_HOST`. */
  readonly host: string
  /** For `HTTPS_PROXY`: leads every tunnel to the stand-in for oauth2.googleapis.com. */
  readonly proxy: string
  /** Requests for a token so far: path, and form or JSON body. */
  readonly requests: ReadonlyArray<{ readonly path: string; readonly body: string }>
  /** How long the tokens given from now on are good for, in seconds. */
  expiresIn: number
  /** Instead of giving tokens. */
  behaviour: 'give' | 'hang' | { readonly status: number }
  /** For the fake's `access`: only tokens that were given here, and not revoked. */
  opinion(authorization: string | undefined): 'allowed' | 'unauthorized'
  revokeAll(): void
  stop(): Promise<void>
}

export async function startStandInTokenServer(): Promise<StandInTokenServer> {
  const requests: Array<{ path: string; body: string }> = []
  const valid = new Set<string>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const path = request.url ?? ''
    requests.push({ path, body: Buffer.concat(chunks).toString() })
    const { behaviour } = server
    if (behaviour === 'hang') return
    const status = behaviour === 'give' ? 200 : behaviour.status
    const json = (body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
      response.end(JSON.stringify(body))
    }
    if (status !== 200) return json({ error: 'invalid_grant', error_description: 'secret detail' })
    const token = `token-${requests.length}`
    valid.add(`Bearer ${token}`)
    const expiry = new Date(Date.now() + server.expiresIn * 1000).toISOString()
    if (path.endsWith(':generateAccessToken')) json({ accessToken: token, expireTime: expiry })
    else
      json({
        access_token: token,
        issued_token_type: 'access_token',
        token_type: 'Bearer',
        expires_in: server.expiresIn,
      })
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response)
  const plain = createServer(onRequest)
  const secure = createHttpsServer(certificate, onRequest)
  const [port, securePort] = [await listen(plain), await listen(secure)]
  const tunnels = new Set<Duplex>()
  plain.on('connect', (_request, client) => {
    const tunnel = connect(securePort, '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    for (const end of [client, tunnel]) tunnels.add(end.on('error', () => undefined))
    tunnel.pipe(client).pipe(tunnel)
  })

  const server: StandInTokenServer = {
    host: `127.0.0.1:${port}`,
    proxy: `http://127.0.0.1:${port}`,
    requests,
    expiresIn: 3600,
    behaviour: 'give',
    opinion: (authorization) => (valid.has(authorization ?? '') ? 'allowed' : 'unauthorized'),
    revokeAll: () => valid.clear(),
    async stop() {
      for (const end of tunnels) end.destroy()
      for (const one of [plain, secure]) {
        one.closeAllConnections()
        await new Promise<void>((resolve) => {
          one.close(() => resolve())
        })
      }
    },
  }
  return server
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return address.port
}
