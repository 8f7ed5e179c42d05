import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { requestBody } from './request-body.ts'
import { responseRelay } from './response-relay.ts'
import type { ExchangeTimeouts } from './upstream-target.ts'

/** How one try at one node ended. */
export type AttemptOutcome =
  /** The client has the answer, or a broken connection. */
  | { readonly status: 'finished' }
  | { readonly status: 'client-gone' }
  /** The client stopped in the middle of its request. */
  | { readonly status: 'client-stalled' }
  /** Nothing left this proxy: another node may have the request. */
  | { readonly status: 'unsent'; readonly timedOut: boolean }
  /** The request went out and the connection ended before any answer. */
  | { readonly status: 'unanswered'; readonly timedOut: boolean; readonly connectionLost: boolean }
  /** The request cannot be written in HTTP/1.1. */
  | { readonly status: 'unsendable' }

export interface AttemptOptions {
  readonly dispatcher: Dispatcher
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly headers: string[]
  readonly timeouts: ExchangeTimeouts
  readonly clientMs: number
  /** Asks for a WebSocket, and takes it over when the upstream agrees. */
  readonly onWebsocket?: ((upstream: Duplex, controller: Dispatcher.DispatchController) => void) | undefined
}

/** Sends a request to one node and its answer to the client. Resolves, whatever happens. */
export function attempt(options: AttemptOptions): Promise<AttemptOutcome> {
  const { request, response, timeouts } = options
  const { socket } = request
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined
    let settled = false
    let answering = false

    const relay = responseRelay({ response, socket, clientMs: options.clientMs })
    const body = requestBody({
      request,
      response,
      sendMs: timeouts.sendMs,
      clientMs: options.clientMs,
      onStall: (by) =>
        giveUp(
          by === 'client'
            ? { status: 'client-stalled' }
            : { status: 'unanswered', timedOut: true, connectionLost: false },
        ),
    })
    const connectTimer = setTimeout(() => giveUp({ status: 'unsent', timedOut: true }), timeouts.connectMs)
    const onClientGone = () => giveUp({ status: 'client-gone' })
    socket.once('close', onClientGone)

    function settle(outcome: AttemptOutcome): void {
      if (settled) return
      settled = true
      clearTimeout(connectTimer)
      socket.off('close', onClientGone)
      body.stop()
      if (answering && outcome.status !== 'finished') relay.break()
      resolve(answering ? { status: 'finished' } : outcome)
    }

    function giveUp(outcome: AttemptOutcome): void {
      settle(outcome)
      // A try that is still connecting is aborted as soon as it could send something.
      controller?.abort(new Error('given up'))
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        if (settled) {
          started.abort(new Error('given up'))
          return
        }
        clearTimeout(connectTimer)
        body.start()
      },
      onResponseStart(started, statusCode, _headers, statusMessage) {
        // Interim answers stay here: the proxy has sent its own 100, and has no use for others.
        if (settled || statusCode < 200) return
        relay.head(started, statusCode, statusMessage)
        answering = true
      },
      onResponseData: (started, chunk) => relay.data(started, chunk),
      onResponseEnd(started) {
        relay.end(started)
        settle({ status: 'finished' })
      },
      onRequestUpgrade(started, _statusCode, _headers, upstream) {
        if (settled || options.onWebsocket === undefined) {
          upstream.destroy()
          return
        }
        options.onWebsocket(upstream, started)
        settle({ status: 'finished' })
      },
      onResponseError: (_started, error) => settle(failureOf(error, controller !== undefined)),
    }
    options.dispatcher.dispatch(
      {
        method: request.method ?? 'GET',
        path: options.path,
        headers: options.headers,
        body: body.stream,
        headersTimeout: timeouts.readMs,
        bodyTimeout: timeouts.readMs,
        ...(options.onWebsocket === undefined ? {} : { upgrade: 'websocket' }),
      },
      handler,
    )
  })
}

const timeoutCodes: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
])
const lostCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

function failureOf(error: Error & { readonly code?: unknown }, sent: boolean): AttemptOutcome {
  const code = typeof error.code === 'string' ? error.code : ''
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return { status: 'unsendable' }
  const timedOut = timeoutCodes.has(code)
  return sent ? { status: 'unanswered', timedOut, connectionLost: lostCodes.has(code) } : { status: 'unsent', timedOut }
}
