import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { EtcdClientOptions } from './client-options.ts'

/** Connections to one endpoint. Closing it ends every request at once, also one that is still connecting. */
export interface HttpConnection {
  /** Resolves with the answer's head. Follows no redirect: credentials must not travel to an address that nobody configured. */
  post(request: {
    readonly path: string
    readonly body: object
    readonly authorization: string | undefined
    readonly signal: AbortSignal
    /**
     * Called when the server can have seen the request. With it the request is never sent a second time; without it, it is
     * when the server has closed an idle connection meanwhile.
     */
    readonly onSent?: (() => void) | undefined
  }): Promise<IncomingMessage>
  /** Ends the connections that nobody uses now: after a failure they may lead nowhere. */
  dropIdle(): void
  close(): void
}

export function openConnection(options: {
  readonly endpoint: string
  readonly tls: EtcdClientOptions['tls']
}): HttpConnection {
  const secure = options.endpoint.startsWith('https:')
  const agent = secure
    ? new https.Agent({ keepAlive: true, ...tlsOptions(options.tls) })
    : new http.Agent({ keepAlive: true })
  const send = secure ? https.request : http.request

  const post: HttpConnection['post'] = async ({ path, body, authorization, signal, onSent }) => {
    const payload = Buffer.from(JSON.stringify(body))
    const attempt = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const request = send(`${options.endpoint}${path}`, {
          method: 'POST',
          agent,
          signal,
          headers: {
            'content-type': 'application/json',
            'content-length': payload.length,
            ...(authorization === undefined ? {} : { authorization }),
          },
        })
        if (onSent !== undefined) {
          request.once('socket', (socket) => {
            if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', onSent)
            else onSent()
          })
        }
        let isAnswered = false
        request.once('response', (response) => {
          isAnswered = true
          resolve(response)
        })
        request.on('error', (error: NodeJS.ErrnoException) => {
          // Who reads the answer learns of it too, and a request that nobody waits for must not be sent.
          if (isAnswered) return
          // The server closed an idle connection while the request was on its way.
          const isIdleEnd = request.reusedSocket && error.code === 'ECONNRESET' && onSent === undefined
          if (isIdleEnd && !signal.aborted) resolve(attempt())
          else reject(error)
        })
        // Node.js says nothing else of a connection that turned into something else (101).
        request.once('close', () => reject(new Error('the connection ended without an answer')))
        request.end(payload)
      })
    return await attempt()
  }

  return {
    post,
    dropIdle: () => {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy()
    },
    close: () => {
      agent.destroy()
    },
  }
}

function tlsOptions(tls: EtcdClientOptions['tls']): https.AgentOptions {
  return {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls?.verify === undefined ? {} : { rejectUnauthorized: tls.verify }),
  }
}
