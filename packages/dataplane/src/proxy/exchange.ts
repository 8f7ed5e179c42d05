import type { Clock } from '@outlast/snapshot'
import type { Resolution } from './active-configuration.ts'
import type { AddressMatcher } from './address-matcher.ts'
import type { ClientSide, RequestSink } from './client-side.ts'
import type { ConnectionPools } from './connection-pools.ts'
import type { RequestHead } from './http1/request-head.ts'
import type { ResponseHead } from './http1/response-head.ts'
import type { UpstreamConnection } from './http1/upstream-connection.ts'
import { reply } from './reply.ts'
import { upstreamHead, upstreamHost } from './upstream-head.ts'
import type { AnswerSink, UpstreamFailure } from './upstream-side.ts'
import type { TargetNode } from './upstream-target.ts'

/** Where a request goes, by configuration. */
type ExchangePlan = Extract<Resolution, { readonly status: 'proxy' }>

/** What the exchanges of a proxy have in common. */
interface ExchangeContext {
  readonly pools: ConnectionPools
  readonly trusts: AddressMatcher
  readonly clock: Clock
}

/** RFC 9110 §9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'])

const notTried: UpstreamFailure = { timedOut: false, unsent: true, connectionLost: false, hasAnswered: false }
const none: ReadonlySet<TargetNode> = new Set()

/**
 * One request, to the end of its answer, between a client's side and a connection to a node. Tries other nodes while
 * nothing was sent. Only an idempotent request without body is ever sent twice, and only when no byte of an answer came:
 * once more on a new connection when a connection ended under it, then to other nodes, as nginx does.
 */
export class Exchange implements RequestSink, AnswerSink {
  readonly #client: ClientSide
  readonly #request: RequestHead
  readonly #plan: ExchangePlan
  readonly #context: ExchangeContext
  readonly #upgrade: string
  #startedAt = 0
  #tried: Set<TargetNode> | undefined
  #node: TargetNode | undefined
  #connection: UpstreamConnection | undefined
  #isSecondConnection = false
  #isAnswering = false
  #isDone = false
  #isTunnel = false
  /** In a tunnel: the node has ended its side. */
  #hasUpstreamEnded = false

  constructor(client: ClientSide, request: RequestHead, plan: ExchangePlan, context: ExchangeContext) {
    this.#client = client
    this.#request = request
    this.#plan = plan
    this.#context = context
    this.#upgrade = plan.websocket && asksForWebsocket(request) ? request.upgrade : ''
  }

  begin(): void {
    const { upstream } = this.#plan
    if (upstream.retryTimeoutMs > 0) this.#startedAt = this.#context.clock.now()
    // What comes behind the request may be frames: it is never read as a request.
    if (this.#upgrade !== '') this.#client.endAfterAnswer()
    this.#tryNextNode(notTried)
  }

  #tryNextNode(failure: UpstreamFailure): void {
    const { upstream } = this.#plan
    if (this.#node !== undefined) {
      this.#tried ??= new Set()
      this.#tried.add(this.#node)
      const isLate =
        upstream.retryTimeoutMs > 0 && this.#context.clock.now() - this.#startedAt >= upstream.retryTimeoutMs
      if (this.#tried.size > upstream.retries || isLate) return this.#answerFailure(failure)
    }
    this.#node = upstream.picker.pick(this.#tried ?? none)
    if (this.#node === undefined) return this.#answerFailure(failure)
    this.#isSecondConnection = false
    this.#open(this.#context.pools.take(this.#node.pool, upstreamHost(this.#request.host, upstream, this.#node)))
  }

  #open(connection: UpstreamConnection): void {
    this.#connection = connection
    connection.attach(this, this.#plan.timeouts)
    if (connection.isReady) this.upstreamReady()
  }

  #answerFailure({ timedOut }: UpstreamFailure): void {
    this.#isDone = true
    if (timedOut) reply(this.#client, this.#request, 504, 'Gateway Timeout')
    else reply(this.#client, this.#request, 502, 'Bad Gateway')
  }

  // What the client's side tells.

  requestData(bytes: Buffer, from: number, to: number): boolean {
    return this.#connection?.write(bytes, from, to) ?? true
  }

  /** Trailers of requests are left out (RFC 9110 §6.5.1 lets a proxy do so). */
  requestEnd(): void {
    this.#connection?.finish(this.#request.framing === 'chunked' && !this.#isTunnel ? '\r\n' : '')
  }

  requestMalformed(): void {
    this.#refuseBody(400, 'Bad Request')
  }

  requestStalled(): void {
    this.#client.endAfterAnswer()
    this.#refuseBody(408, 'Request Timeout')
  }

  clientDrained(): void {
    this.#connection?.resume()
  }

  clientGone(): void {
    this.#isDone = true
    this.#connection?.destroy()
    this.#connection = undefined
  }

  #refuseBody(code: number, message: string): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#connection?.destroy()
    this.#connection = undefined
    if (this.#isAnswering) this.#client.abort()
    else reply(this.#client, this.#request, code, message)
  }

  // What the connection to the node tells.

  upstreamReady(): void {
    const connection = this.#connection
    const node = this.#node
    if (connection === undefined || node === undefined) return
    const hasBody = this.#request.framing !== 'none'
    const head = upstreamHead({
      request: this.#request,
      client: this.#client,
      upstream: this.#plan.upstream,
      node,
      trusts: this.#context.trusts,
      upgrade: this.#upgrade,
    })
    connection.send({ method: this.#request.method, head, hasBody, upgrade: this.#upgrade }, !this.#client.takesChunks)
    if (!hasBody) return
    this.#client.startBody()
    connection.sent()
  }

  answerInterim(head: ResponseHead): void {
    // The client has got its 100 from here.
    if (head.code !== 100) this.#client.sendInterim(head)
  }

  answerHead(head: ResponseHead): void {
    this.#isAnswering = true
    this.#client.sendHead(head)
  }

  answerUpgrade(head: ResponseHead): void {
    this.#isAnswering = true
    this.#isTunnel = true
    this.#client.switchProtocols(head, this.#upgrade)
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#client.sendData(bytes, from, to)
  }

  answerRead(): boolean {
    return this.#client.flush()
  }

  answerEnd(trailers: string): void {
    if (this.#isTunnel) {
      this.#hasUpstreamEnded = true
    } else {
      this.#connection = undefined
      this.#isDone = true
    }
    this.#client.sendEnd(trailers)
  }

  upstreamDrained(): void {
    this.#client.resumeBody()
  }

  upstreamFailed(failure: UpstreamFailure): void {
    this.#connection = undefined
    if (this.#isDone) return
    if (this.#isAnswering) {
      this.#isDone = true
      // A tunnel that is idle, or whose other end is through, has lost nothing.
      if (this.#isTunnel && (failure.timedOut || this.#hasUpstreamEnded)) this.#client.close()
      else this.#client.abort()
    } else if (failure.unsent) this.#tryNextNode(failure)
    else if (!this.#isRepeatable || failure.hasAnswered) this.#answerFailure(failure)
    else if (failure.connectionLost && !this.#isSecondConnection && this.#node !== undefined) {
      this.#isSecondConnection = true
      const host = upstreamHost(this.#request.host, this.#plan.upstream, this.#node)
      this.#open(this.#context.pools.fresh(this.#node.pool, host))
    } else this.#tryNextNode(failure)
  }

  breakOff(): void {
    this.#isDone = true
    this.#connection?.destroy()
    this.#connection = undefined
    this.#client.abort()
  }

  get #isRepeatable(): boolean {
    return this.#request.framing === 'none' && idempotentMethods.has(this.#request.method)
  }
}

/** Whether a request asks for a WebSocket (RFC 6455 §4.1), and for nothing else. */
function asksForWebsocket({ method, framing, upgrade }: RequestHead): boolean {
  return method === 'GET' && framing === 'none' && upgrade === 'websocket'
}
