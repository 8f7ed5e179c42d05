import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { never, type Deadlines, type Waiting } from '../deadlines.ts'
import type { AnswerSink, UpstreamFailure } from '../upstream-side.ts'
import type { ExchangeTimeouts } from '../upstream-target.ts'
import { BodyReader } from './body-reader.ts'
import { findHeadEnd, headIncomplete } from './find-head-end.ts'
import { responseHeadLimits } from './head-limits.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'

/** Where a connection leads. */
interface UpstreamAddress {
  /** `http://host:port` or `https://host:port` */
  readonly origin: string
  readonly verifyCertificate: boolean
}

export interface UpstreamConnectionOptions {
  readonly address: UpstreamAddress
  /** With TLS, the name that the certificate is asked for. */
  readonly serverName: string
  /** What all connections read into, one after the other; nobody keeps any of it. */
  readonly readBuffer: Buffer
  readonly deadlines: Deadlines
  /** No peer can cause it. */
  readonly onUnexpected: (error: unknown) => void
  /** It can serve another request. */
  readonly onIdle: (connection: UpstreamConnection) => void
  readonly onClosed: (connection: UpstreamConnection) => void
}

/** What is sent to a node. */
export interface UpstreamRequest {
  readonly method: string
  /** With the empty line. */
  readonly head: string
  readonly hasBody: boolean
  /** Lower case; empty when no upgrade is asked for. */
  readonly upgrade: string
}

const nothing = Buffer.alloc(0)

/** One connection to an upstream node: one request at a time (RFC 9112 §9.3.2 lets a server be slow with the second). */
export class UpstreamConnection implements Waiting {
  readonly serverName: string
  readonly #socket: Socket
  readonly #options: UpstreamConnectionOptions
  readonly #body = new BodyReader()
  #isReady = false
  #sink: AnswerSink | undefined
  #timeouts: ExchangeTimeouts | undefined
  #method = ''
  #upgrade = ''
  #decodes = false
  #head: ResponseHead | undefined
  /** The beginning of a head. */
  #pending: Buffer = nothing
  #scannedTo = 0
  #hasSent = false
  #hasAnswered = false
  #requestDone = true
  #isTunnel = false
  #isPaused = false
  #deadlineAt = never

  constructor(options: UpstreamConnectionOptions) {
    this.#options = options
    this.serverName = options.serverName
    this.#socket = this.#connect()
    this.#socket.on('end', () => this.#guarded(() => this.#onEnd()))
    this.#socket.on('close', () => this.#guarded(() => this.#onClose()))
    this.#socket.on('drain', () => this.#guarded(() => this.#onDrain()))
    // `close` follows, and tells all that matters.
    this.#socket.on('error', () => undefined)
    options.deadlines.add(this)
  }

  #connect(): Socket {
    const { address, serverName, readBuffer } = this.#options
    const { protocol, hostname, port } = new URL(address.origin)
    const host = hostname.replaceAll(/^\[|\]$/g, '')
    const shared = { host, allowHalfOpen: true, noDelay: true }
    if (protocol === 'https:') {
      const socket = connectTls({
        ...shared,
        port: Number(port === '' ? 443 : port),
        rejectUnauthorized: address.verifyCertificate,
        ...(isIP(serverName) === 0 && serverName !== '' ? { servername: serverName } : {}),
      })
      socket.on('secureConnect', () => this.#guarded(() => this.#onReady()))
      socket.on('data', (bytes: Buffer) => this.#guarded(() => this.#onBytes(bytes)))
      return socket
    }
    const options = { ...shared, port: Number(port === '' ? 80 : port) }
    // Windows hands out the buffer before there is anything to read.
    if (process.platform === 'win32') {
      const socket = connectPlain(options)
      socket.on('connect', () => this.#guarded(() => this.#onReady()))
      socket.on('data', (bytes) => this.#guarded(() => this.#onBytes(bytes)))
      return socket
    }
    const socket = connectPlain({
      ...options,
      onread: {
        buffer: readBuffer,
        callback: (count, buffer) => {
          this.#guarded(() => this.#onBytes(count === buffer.length ? readBuffer : readBuffer.subarray(0, count)))
          return !this.#isPaused
        },
      },
    })
    socket.on('connect', () => this.#guarded(() => this.#onReady()))
    return socket
  }

  /** Whether it can be given a request at once. */
  get isReady(): boolean {
    return this.#isReady
  }

  get isUsable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** From now on it works for `sink`, whom it tells when it is connected. */
  attach(sink: AnswerSink, timeouts: ExchangeTimeouts): void {
    this.#sink = sink
    this.#timeouts = timeouts
    this.#hasSent = false
    this.#hasAnswered = false
    this.#deadlineAt = this.#isReady ? never : this.#options.deadlines.after(timeouts.connectMs)
  }

  /** Sends a request's head; `decodes`: of a chunked answer, only the payload is wanted. */
  send(request: UpstreamRequest, decodes: boolean): void {
    this.#method = request.method
    this.#upgrade = request.upgrade
    this.#decodes = decodes
    this.#head = undefined
    this.#hasSent = true
    this.#requestDone = !request.hasBody
    // The first of the body goes along.
    if (request.hasBody) this.#socket.cork()
    this.#socket.write(request.head, 'latin1')
    this.#deadlineAt = request.hasBody ? never : this.#afterRead()
  }

  /** To be called when what was there of a body was written. */
  sent(): void {
    this.#socket.uncork()
  }

  /** `false`: no more for now. */
  write(bytes: Buffer, from: number, to: number): boolean {
    if (to === from) return true
    const goesOn = this.#socket.write(bytes.subarray(from, to))
    if (this.#isTunnel) this.#deadlineAt = this.#afterRead()
    else if (!goesOn) this.#deadlineAt = this.#options.deadlines.after(this.#timeouts?.sendMs ?? 0)
    return goesOn
  }

  /** `text`: what the body ends with. */
  finish(text: string): void {
    this.#requestDone = true
    if (text !== '') this.#socket.write(text, 'latin1')
    if (this.#isTunnel) this.#socket.end()
    if (!this.#isPaused) this.#deadlineAt = this.#afterRead()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#requestDone || this.#isTunnel) this.#deadlineAt = this.#afterRead()
    this.#socket.resume()
  }

  /** Whoever it works for has no more use for it. */
  destroy(): void {
    this.#sink = undefined
    this.#socket.destroy()
  }

  /** Idle: how long it is kept. */
  keep(ms: number): void {
    this.#deadlineAt = this.#options.deadlines.after(ms)
  }

  checkDeadlines(now: number): void {
    if (now < this.#deadlineAt) return
    this.#deadlineAt = never
    if (this.#sink === undefined) this.#socket.destroy()
    else this.#guarded(() => this.#fail({ timedOut: true, connectionLost: false }))
  }

  #afterRead(): number {
    return this.#options.deadlines.after(this.#timeouts?.readMs ?? 0)
  }

  /** Whatever goes wrong here must end this exchange alone. */
  #guarded(handle: () => void): void {
    const sink = this.#sink
    try {
      handle()
    } catch (error) {
      this.#options.onUnexpected(error)
      this.destroy()
      sink?.breakOff()
    }
  }

  #onReady(): void {
    this.#isReady = true
    if (this.#sink === undefined) return
    this.#deadlineAt = never
    this.#sink.upstreamReady()
  }

  #onDrain(): void {
    if (this.#sink === undefined) return
    if (!this.#requestDone && !this.#isTunnel) this.#deadlineAt = never
    this.#sink.upstreamDrained()
  }

  #onBytes(bytes: Buffer): void {
    const sink = this.#sink
    // RFC 9112 §9.2: nobody asked for this, so whose answer it is cannot be told.
    if (sink === undefined || !this.#hasSent) return this.#fail({ timedOut: false, connectionLost: false })
    this.#hasAnswered = true
    if (this.#requestDone || this.#isTunnel) this.#deadlineAt = this.#afterRead()
    this.#readAnswer(bytes, sink)
    if (sink === this.#sink && !this.#isPaused && !sink.answerRead()) this.#pause()
  }

  #pause(): void {
    this.#isPaused = true
    this.#deadlineAt = never
    this.#socket.pause()
  }

  #readAnswer(bytes: Buffer, sink: AnswerSink): void {
    let at = 0
    while (at < bytes.length && sink === this.#sink) {
      if (this.#head === undefined) {
        at = this.#readHead(bytes, at, sink)
        continue
      }
      const from = at
      at = this.#decodes ? this.#body.read(bytes, at) : this.#body.readOn(bytes, at)
      if (this.#body.isMalformed) return this.#fail({ timedOut: false, connectionLost: false })
      const start = this.#decodes ? this.#body.payloadStart : from
      const end = this.#decodes ? this.#body.payloadEnd : this.#body.wireEnd
      if (end > start) sink.answerData(bytes, start, end)
      if (this.#body.isComplete && sink === this.#sink) this.#complete(at < bytes.length)
    }
  }

  /** Returns where the head ends in `bytes`, or their end when more is needed. */
  #readHead(bytes: Buffer, at: number, sink: AnswerSink): number {
    const rest = at === 0 ? bytes : bytes.subarray(at)
    const before = this.#pending.length
    const text = before === 0 ? rest : Buffer.concat([this.#pending, rest])
    const end = findHeadEnd(text, this.#scannedTo, responseHeadLimits.maximumBytes, 'response')
    if (end === headIncomplete) {
      // What was read into will be read into again.
      this.#pending = before === 0 ? Buffer.from(rest) : text
      this.#scannedTo = text.length
      return bytes.length
    }
    this.#pending = nothing
    this.#scannedTo = 0
    const head = end > 0 ? parseResponseHead(text.toString('latin1', 0, end), this.#method) : undefined
    if (head === undefined || (head.code === 101 && (this.#upgrade === '' || head.upgrade !== this.#upgrade))) {
      this.#fail({ timedOut: false, connectionLost: false })
      return bytes.length
    }
    this.#take(head, sink, at + end - before < bytes.length)
    return at + end - before
  }

  #take(head: ResponseHead, sink: AnswerSink, isMore: boolean): void {
    if (head.code === 101) {
      this.#head = head
      this.#isTunnel = true
      this.#decodes = false
      this.#body.begin('close', 0)
      sink.answerUpgrade(head)
    } else if (head.code < 200) {
      sink.answerInterim(head)
    } else {
      this.#head = head
      this.#body.begin(head.framing, head.length)
      sink.answerHead(head)
      if (this.#body.isComplete && sink === this.#sink) this.#complete(isMore)
    }
  }

  #complete(isMore: boolean): void {
    const sink = this.#sink
    const isReusable = !isMore && this.#requestDone && this.#head?.keepsAlive === true && !this.#isTunnel
    this.#sink = undefined
    this.#hasSent = false
    this.#deadlineAt = never
    // Before it is told: the next request of the same client may want it.
    if (isReusable && !this.#socket.destroyed) this.#options.onIdle(this)
    else this.#socket.destroy()
    sink?.answerEnd(this.#body.trailers)
  }

  #onEnd(): void {
    if (this.#head !== undefined && this.#sink !== undefined && this.#body.endsWithConnection) {
      if (!this.#isTunnel) return this.#complete(false)
      this.#deadlineAt = this.#afterRead()
      return this.#sink.answerEnd('')
    }
    this.#fail({ timedOut: false, connectionLost: true })
  }

  #onClose(): void {
    this.#options.deadlines.delete(this)
    this.#options.onClosed(this)
    this.#fail({ timedOut: false, connectionLost: true })
  }

  #fail(failure: Pick<UpstreamFailure, 'timedOut' | 'connectionLost'>): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#socket.destroy()
    sink?.upstreamFailed({
      timedOut: failure.timedOut,
      unsent: !this.#hasSent,
      connectionLost: failure.connectionLost && !this.#hasAnswered,
      hasAnswered: this.#hasAnswered,
    })
  }
}
