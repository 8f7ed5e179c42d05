import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** A real HTTP server that answers like the parts of httpbin that walkthroughs use. */
export interface HttpUpstream {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Requests that reached it so far. */
  requestCount(): number
  /** Closes the listener and cuts every connection, as a crash would. */
  stop(): Promise<void>
}

export interface HttpUpstreamOptions {
  /** Default: a free one. */
  readonly port?: number | undefined
  /** How long idle connections are kept. Default 5,000 ms, as Node's own. */
  readonly keepAliveTimeoutMs?: number | undefined
}

/**
 * `/ip`, `/headers`, `/status/<code>`, `/delay/<ms>`, `/bytes/<n>`, and `/post`, which sends a request's body back. Every
 * method is taken everywhere. Listens on 127.0.0.1.
 */
export async function startHttpUpstream(options: HttpUpstreamOptions = {}): Promise<HttpUpstream> {
  let requests = 0
  const server = createServer({ keepAliveTimeout: options.keepAliveTimeoutMs ?? 5000 }, (request, response) => {
    requests += 1
    response.on('error', () => undefined)
    void answer(request, response)
  })
  const host = '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port: options.port ?? 0 }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the upstream has no TCP address')
  const { port } = address
  return {
    host,
    port,
    url: `http://${host}:${port}`,
    requestCount: () => requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://upstream')
  const [, name = '', argument = ''] = pathname.split('/')
  const amount = Number(argument)
  if (name === 'post') {
    const type = request.headers['content-type'] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type })
    request.pipe(response)
    return
  }
  request.resume()
  if (name === 'delay') await delay(amount)
  switch (name) {
    case 'ip':
    case 'delay': {
      const forwarded = request.headers['x-forwarded-for']
      return json(response, { origin: forwarded ?? request.socket.remoteAddress ?? '' })
    }
    case 'headers':
      return json(response, { headers: request.headers })
    case 'status':
      response.writeHead(amount).end()
      return
    case 'bytes':
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': amount })
      response.end(Buffer.alloc(amount, 'outlast'))
      return
    default:
      response.writeHead(404).end()
  }
}

function json(response: ServerResponse, value: object): void {
  const body = `${JSON.stringify(value, undefined, 2)}\n`
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
