import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'

import { certificate } from './certificate.ts'

export interface StandInIdentity {
  /** `http://127.0.0.1:PORT`: stands in for the metadata of a virtual machine. */
  readonly endpoint: string
  /** An HTTP proxy that leads to a stand-in for login.microsoftonline.com, whatever one asks it for. */
  readonly proxy: string
  /** What has been asked: path with query, and form fields. */
  readonly requests: readonly { readonly url: string; readonly form: URLSearchParams }[]
  /** Of the next token, in seconds. */
  lifetimeSeconds: number
  /** Requests are taken and not answered. */
  hangs: boolean
  /** Of the answers. */
  status: number
  /** Forgets the requests, and answers well again. */
  reset(): void
  stop(): Promise<void>
}

/** Stand-ins for the services of Microsoft that give tokens, which no test can reach. */
export async function startStandInIdentity(): Promise<StandInIdentity> {
  const requests: { url: string; form: URLSearchParams }[] = []
  const state = { lifetimeSeconds: 3600, hangs: false, status: 200 }
  const answer: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      requests.push({ url: request.url ?? '', form: new URLSearchParams(body) })
      if (state.hangs) return
      response.writeHead(state.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(state.status === 200 ? tokenAnswer(state.lifetimeSeconds) : { error: 'refused' }))
    })
  }
  const open = new Set<Socket>()
  const plain = createServer(answer)
  const login = createTlsServer(certificate, answer)
  const proxy = createServer()
  const servers = [plain, login, proxy]
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => open.delete(socket))
    })
  }
  const [endpointPort, loginPort, proxyPort] = await Promise.all([listen(plain), listen(login), listen(proxy)])
  proxy.on('connect', (_request, socket) => {
    const tunnel = connect(loginPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      socket.pipe(tunnel).pipe(socket)
    })
    tunnel.on('error', () => socket.destroy())
  })
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${endpointPort}`,
    proxy: `http://127.0.0.1:${proxyPort}`,
    requests,
    reset() {
      requests.length = 0
      Object.assign(this, { lifetimeSeconds: 3600, hangs: false, status: 200 })
    },
    async stop() {
      for (const socket of open) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))))
    },
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return address.port
}

function tokenAnswer(lifetimeSeconds: number): object {
  return {
    access_token: storageToken({ lifetimeSeconds }),
    token_type: 'Bearer',
    resource: 'https://storage.azure.com',
    expires_in: lifetimeSeconds,
    expires_on: String(Math.floor(Date.now() / 1000) + lifetimeSeconds),
  }
}

/** A token as Azurite takes it: it looks at everything but the signature. */
export function storageToken({
  lifetimeSeconds = 3600,
  audience = 'https://storage.azure.com',
}: {
  readonly lifetimeSeconds?: number
  readonly audience?: string
}): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: audience,
    iss: 'https://sts.windows.net/22222222-2222-2222-2222-222222222222/',
    iat: now - 10,
    nbf: now - 10,
    exp: now + lifetimeSeconds,
  }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`
}
