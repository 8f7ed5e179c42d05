import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Logger } from '@outlast/snapshot'
import { attempt, type AttemptOptions, type AttemptOutcome } from './attempt.ts'
import type { Connection, ConnectionPools } from './connection-pools.ts'
import { drainRequest, reply } from './reply.ts'
import { hasBody } from './request-body.ts'
import { headersFor, type ForwardedHead } from './request-headers.ts'
import type { ExchangeTimeouts, TargetNode, UpstreamTarget } from './upstream-target.ts'

export interface ExchangeOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly head: ForwardedHead
  readonly upstream: UpstreamTarget
  readonly timeouts: ExchangeTimeouts
  readonly clientMs: number
  readonly pools: ConnectionPools
  readonly clock: Clock
  readonly logger: Logger
  readonly onWebsocket?: AttemptOptions['onWebsocket']
}

/** RFC 9110 §9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'])

/**
 * One request, to the end of its answer. Tries other nodes while nothing was sent. Only an idempotent request without
 * body is ever sent twice, and only when no byte of an answer came: once more on a new connection when a kept one was
 * closed under it, then to other nodes, as nginx does. Resolves, whatever happens.
 */
export async function exchange(options: ExchangeOptions): Promise<void> {
  try {
    answer(options, await tryNodes(options))
  } catch (error) {
    // Not expected; the client must not wait for ever, and others must not notice.
    options.logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'an exchange failed')
    reply(options.response, 502, 'Bad Gateway')
    if (!options.response.writableEnded) options.request.socket.destroy()
  } finally {
    drainRequest(options.request)
  }
}

async function tryNodes(options: ExchangeOptions): Promise<AttemptOutcome> {
  const { upstream, clock, request } = options
  const startedAt = clock.now()
  const tried = new Set<TargetNode>()
  let outcome: AttemptOutcome = { status: 'unsent', timedOut: false }
  while (mayTryAgain(outcome, request) && tried.size <= upstream.retries) {
    const late = upstream.retryTimeoutMs > 0 && clock.now() - startedAt >= upstream.retryTimeoutMs
    const node = late && tried.size > 0 ? undefined : upstream.picker.pick(tried)
    if (node === undefined) break
    tried.add(node)
    outcome = await tryNode(options, node)
  }
  return outcome
}

async function tryNode(options: ExchangeOptions, node: TargetNode): Promise<AttemptOutcome> {
  const { request, pools } = options
  const headers = headersFor(options.head, options.upstream, node)
  const send = ({ dispatcher, close }: Connection) => {
    const outcome = attempt({ ...options, headers, dispatcher })
    close()
    return outcome
  }
  const outcome = await send(pools.pooled(node.pool))
  if (outcome.status !== 'unanswered' || !outcome.connectionLost || !mayTryAgain(outcome, request)) return outcome
  return await send(pools.fresh(node.pool))
}

function mayTryAgain({ status }: AttemptOutcome, request: IncomingMessage): boolean {
  return (
    status === 'unsent' || (status === 'unanswered' && idempotentMethods.has(request.method ?? '') && !hasBody(request))
  )
}

function answer({ response }: ExchangeOptions, outcome: AttemptOutcome): void {
  switch (outcome.status) {
    case 'finished':
    case 'client-gone':
      return
    case 'client-stalled':
      response.shouldKeepAlive = false
      return reply(response, 408, 'Request Timeout')
    case 'unsendable':
      return reply(response, 400, 'Bad Request')
    case 'unsent':
    case 'unanswered':
      return outcome.timedOut ? reply(response, 504, 'Gateway Timeout') : reply(response, 502, 'Bad Gateway')
  }
}
