import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string | number>>
  readonly body?: Uint8Array | undefined
  readonly signal: AbortSignal
}

/**
 * Resolves with the answer's head, whose body must be read or destroyed. Follows no redirect: a token must not travel to
 * an address that nobody configured.
 *
 * Not `fetch`: an aborted request of node:http takes its connecting socket with it, and copies no body. Idle sockets are
 * kept by Node's own agent, for five seconds, and hold no process open.
 */
export function httpRequest(url: URL, { method, headers, body, signal }: HttpRequest): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? https.request : http.request
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers, signal })
    request.once('response', (response) => {
      // Answered before all was sent: the rest would go on for nothing, and after the call.
      response.once('end', () => {
        if (!request.writableFinished) request.destroy()
      })
      resolve(response)
    })
    request.on('error', reject)
    request.end(body)
  })
}
