import type { Socket } from 'node:net'
import { plainAddress } from '../address-matcher.ts'
import type { AnswerHead, ClientSide, RequestSink } from '../client-side.ts'
import { never, type Waiting } from '../deadlines.ts'
import { reply } from '../reply.ts'
import { BodyReader } from './body-reader.ts'
import type { ConnectionContext } from './connection-context.ts'
import { forwardedTrailers } from './chunk-syntax.ts'
import type { FieldBlock } from './field-block.ts'
import { findHeadEnd, headIncomplete, headStart, headTooLarge } from './find-head-end.ts'
import { requestHeadLimits } from './head-limits.ts'
import {
  malformedRequest,
  parseRequestHead,
  tooLargeRequest,
  type RefusedHead,
  type RequestHead,
} from './request-head.ts'

const nothing = Buffer.alloc(0)

/** What is read ahead of an answer. More waits at the client. */
const maximumAheadBytes = 64 * 1024
/** A body up to this goes out with its head as one text, which takes one call less. */
const maximumJoinedBytes = 4096

/** What the bytes that come now are. */
type Reading =
  | 'head'
  /** A body that the exchange has not asked for. */
  | 'body-held'
  | 'body'
  /** A body that the exchange has no more use for. */
  | 'rest'
  /** The beginning of the next request, which must wait. */
  | 'ahead'
  /** Nothing that matters: there was the last answer. */
  | 'nothing'

/** One client's connection: its requests one after the other, each with its answer. */
export class ClientConnection implements ClientSide, Waiting {
  readonly remoteAddress: string
  readonly localPort: number
  readonly #socket: Socket
  readonly #context: ConnectionContext
  readonly #body = new BodyReader()
  #reading: Reading = 'head'
  /** What was read and not used. */
  #pending: Buffer = nothing
  #scannedTo = 0
  #isAdvancing = false
  #isReadPaused = false
  #isUsed = false
  #request: RequestHead | undefined
  #sink: RequestSink | undefined
  #isContinued = false
  #isLast = false
  /** What goes out at once with what follows it. */
  #held = ''
  #answerBegun = false
  #answerDone = true
  #encodesChunks = false
  #answerFraming: AnswerHead['framing'] = 'none'
  #isTunnel = false
  #readDeadlineAt = never
  #writeDeadlineAt = never

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket
    this.#context = context
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.localPort = socket.localPort ?? 0
    this.#waitForHead()
    socket.on('data', (bytes: Buffer) => this.#guarded(() => this.#onBytes(bytes)))
    socket.on('end', () => this.#guarded(() => this.#onEnd()))
    socket.on('drain', () => this.#guarded(() => this.#onDrain()))
    socket.on('close', () => this.#guarded(() => this.#onClose()))
    // `close` follows, and tells all that matters.
    socket.on('error', () => undefined)
    context.deadlines.add(this)
  }

  /** Whether nothing ever came. */
  get isUnused(): boolean {
    return !this.#isUsed
  }

  /** Ends it if it only waits for a request; else its next answer is its last. */
  drain(): void {
    if (this.#isUsed && this.#reading === 'head' && this.#pending.length === 0 && this.#answerDone) this.#close()
  }

  /** Whatever is going on. */
  destroy(): void {
    this.#socket.destroy()
  }

  // What the exchange asks for.

  get takesChunks(): boolean {
    return this.#request?.minorVersion === 1
  }

  startBody(): void {
    if (this.#reading !== 'body-held') return
    if (this.#request?.expectsContinue === true && !this.#isContinued && !this.#answerBegun) {
      this.#isContinued = true
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    }
    this.#reading = 'body'
    this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.clientMs)
    this.#takePending()
    this.#resumeReading()
  }

  pauseBody(): void {
    if (this.#reading !== 'body') return
    this.#readDeadlineAt = never
    this.#pauseReading()
  }

  resumeBody(): void {
    if (this.#reading !== 'body') return
    if (!this.#isTunnel) this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.clientMs)
    this.#resumeReading()
  }

  sendInterim(head: AnswerHead): void {
    if (this.#request?.minorVersion !== 1 || this.#answerBegun) return
    this.#socket.write(`HTTP/1.1 ${head.code} ${head.reason}\r\n${head.endToEnd}\r\n`, 'latin1')
  }

  sendHead(head: AnswerHead): void {
    const request = this.#request
    if (this.#answerBegun || request === undefined) return
    this.#answerBegun = true
    const isModern = request.minorVersion === 1
    const hasNoEnd = head.framing === 'close' || head.framing === 'chunked'
    if (hasNoEnd && !isModern) this.#isLast = true
    // A client that was not told to continue may keep its body to itself, and go on with its next request.
    if (request.expectsContinue && !this.#isContinued && !this.#body.isComplete) this.#isLast = true
    if (this.#context.isDraining()) this.#isLast = true
    this.#answerFraming = head.framing
    this.#encodesChunks = head.framing === 'close' && isModern
    let text = `HTTP/1.1 ${head.code} ${head.reason}\r\n${head.endToEnd}`
    if (!head.hasDate) text += this.#context.dateField()
    if (hasNoEnd && isModern) text += 'Transfer-Encoding: chunked\r\n'
    if (this.#isLast) text += 'Connection: close\r\n'
    else if (!isModern) text += 'Connection: keep-alive\r\n'
    this.#held = `${text}\r\n`
  }

  sendData(bytes: Buffer, from: number, to: number): void {
    const size = to - from
    if (size === 0) return
    if (this.#encodesChunks) {
      this.#held += `${size.toString(16)}\r\n`
      this.#write(bytes, from, to)
      this.#held += '\r\n'
    } else {
      this.#write(bytes, from, to)
    }
  }

  sendEnd(trailers: FieldBlock): void {
    if (this.#isTunnel) {
      this.flush()
      this.#socket.end()
      return
    }
    if (this.#answerDone) return
    if (this.#encodesChunks) this.#held += '0\r\n\r\n'
    else if (this.#answerFraming === 'chunked' && this.takesChunks) this.#held += `${forwardedTrailers(trailers)}\r\n`
    this.flush()
    this.#answerDone = true
    this.#sink = undefined
    this.#afterAnswer()
  }

  flush(): boolean {
    if (this.#held !== '') {
      const text = this.#held
      this.#held = ''
      this.#socket.write(text, 'latin1')
    }
    if (!this.#socket.writableNeedDrain) return true
    this.#writeDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.clientMs)
    return false
  }

  endAfterAnswer(): void {
    this.#isLast = true
  }

  switchProtocols(head: AnswerHead, protocol: string): void {
    this.#answerBegun = true
    this.#isTunnel = true
    this.#isLast = true
    this.#encodesChunks = false
    this.#held = `HTTP/1.1 101 ${head.reason}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${head.endToEnd}\r\n`
    this.flush()
    this.#readDeadlineAt = never
    this.#reading = 'body'
    this.#body.begin('close', 0)
    this.#takePending()
    this.#resumeReading()
  }

  close(): void {
    this.#sink = undefined
    this.#isTunnel = false
    this.#answerDone = true
    this.#close()
  }

  abort(): void {
    this.#sink = undefined
    this.#socket.resetAndDestroy()
  }

  // What happens on the connection.

  checkDeadlines(now: number): void {
    if (now >= this.#writeDeadlineAt) this.#socket.destroy()
    else if (now >= this.#readDeadlineAt) this.#guarded(() => this.#onReadDeadline())
  }

  #onReadDeadline(): void {
    this.#readDeadlineAt = never
    if (this.#reading === 'body') this.#sink?.requestStalled()
    else if (this.#reading === 'head' && this.#pending.length > 0) {
      this.#refuse({ status: 'refused', code: 408, message: 'Request Timeout' })
    } else this.#socket.destroy()
  }

  /** Whatever goes wrong here must end this connection alone. */
  #guarded(handle: () => void): void {
    try {
      handle()
    } catch (error) {
      this.#context.onUnexpected(error)
      this.#sink = undefined
      this.#socket.destroy()
    }
  }

  #onBytes(bytes: Buffer): void {
    this.#isUsed = true
    switch (this.#reading) {
      case 'nothing':
        return
      case 'body':
      case 'rest':
        return this.#readBody(bytes)
      case 'head':
        this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
        return this.#advance()
      default:
        this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
        if (this.#pending.length > maximumAheadBytes) this.#pauseReading()
    }
  }

  /** Reads requests until one has to be waited for. */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    // Who does not take answers gets no more of them.
    while (this.#mayRead() && this.#readHead()) {
      // The next one may be there already.
    }
    this.#isAdvancing = false
    if (this.#reading !== 'head') return
    if (this.#pending.length > maximumAheadBytes) this.#pauseReading()
    else this.#resumeReading()
  }

  #mayRead(): boolean {
    return this.#reading === 'head' && this.#pending.length > 0 && !this.#socket.writableNeedDrain
  }

  /** `false`: more bytes are needed. */
  #readHead(): boolean {
    const bytes = this.#pending
    const end = findHeadEnd(bytes, this.#scannedTo, requestHeadLimits.maximumBytes, 'request')
    if (end === headIncomplete) {
      if (this.#scannedTo === 0) this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.headMs)
      this.#scannedTo = bytes.length
      return false
    }
    this.#scannedTo = 0
    this.#readDeadlineAt = never
    const head =
      end > 0
        ? parseRequestHead(bytes.toString('latin1', headStart(bytes), end))
        : end === headTooLarge
          ? tooLargeRequest
          : malformedRequest
    if (head.status === 'refused') {
      this.#refuse(head)
      return false
    }
    this.#pending = end === bytes.length ? nothing : bytes.subarray(end)
    this.#begin(head)
    return true
  }

  #begin(head: RequestHead): void {
    this.#request = head
    this.#isContinued = false
    this.#isLast = !head.keepsAlive
    this.#answerBegun = false
    this.#answerDone = false
    this.#body.begin(head.framing, head.length)
    this.#reading = this.#body.isComplete ? 'ahead' : 'body-held'
    const sink = this.#context.onRequest(this, head)
    if (sink === undefined) return
    this.#sink = sink
    sink.begin()
  }

  #refuse(refusal: RefusedHead): void {
    this.#pending = nothing
    this.#request = refusedRequest
    this.#isLast = true
    this.#answerBegun = false
    this.#answerDone = false
    // What follows is just as unreadable.
    this.#body.begin('none', 0)
    this.#reading = 'nothing'
    reply(this, refusedRequest, refusal.code, refusal.message)
  }

  #takePending(): void {
    const bytes = this.#pending
    this.#pending = nothing
    if (bytes.length > 0) this.#readBody(bytes)
  }

  #readBody(bytes: Buffer): void {
    const at = this.#body.readOn(bytes, 0)
    if (this.#body.isMalformed) return this.#onMalformedBody()
    const sink = this.#reading === 'body' ? this.#sink : undefined
    if (sink !== undefined && !this.#isTunnel) {
      this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.clientMs)
    }
    const goesOn = sink === undefined || this.#body.wireEnd === 0 || sink.requestData(bytes, 0, this.#body.wireEnd)
    if (!this.#body.isComplete) {
      if (!goesOn) this.pauseBody()
      return
    }
    this.#readDeadlineAt = never
    this.#reading = 'ahead'
    if (at < bytes.length) this.#pending = bytes.subarray(at)
    if (this.#answerDone) this.#next()
    else sink?.requestEnd(this.#body.trailers)
  }

  #onMalformedBody(): void {
    this.#isLast = true
    this.#readDeadlineAt = never
    const sink = this.#sink
    const isAnswered = this.#answerDone
    this.#reading = 'nothing'
    if (isAnswered) this.#close()
    else sink?.requestMalformed()
  }

  #onEnd(): void {
    if (this.#isTunnel) {
      this.#sink?.requestEnd('')
      return
    }
    // Idle, or all that it wanted was answered: what is still to be sent is sent.
    if (this.#answerDone) {
      this.#reading = 'nothing'
      this.#socket.end()
      return
    }
    // As nginx: who ends its side in the middle of an exchange has gone away.
    this.#socket.destroy()
  }

  #onClose(): void {
    this.#context.deadlines.delete(this)
    this.#context.onClosed(this)
    const sink = this.#sink
    this.#sink = undefined
    this.#reading = 'nothing'
    sink?.clientGone()
  }

  #onDrain(): void {
    // Of the last answer, what is left is still to be sent.
    if (this.#reading === 'nothing' && this.#answerDone) return
    this.#writeDeadlineAt = never
    this.#sink?.clientDrained()
    this.#advance()
  }

  #afterAnswer(): void {
    if (this.#isLast) return this.#close()
    if (this.#reading === 'ahead') return this.#next()
    if (this.#reading === 'nothing') return this.#close()
    // The rest of the body has nowhere to go.
    this.#reading = 'rest'
    this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.discardMs)
    this.#takePending()
    this.#resumeReading()
  }

  #next(): void {
    this.#waitForHead()
    if (this.#context.isDraining() && this.#pending.length === 0) return this.#close()
    this.#advance()
  }

  #waitForHead(): void {
    this.#reading = 'head'
    this.#request = undefined
    this.#scannedTo = 0
    this.#readDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.keepAliveMs)
  }

  /** RFC 9112 §9.6: what the client still sends is read for a while, or it might lose the answer over it. */
  #close(): void {
    this.#reading = 'nothing'
    this.#pending = nothing
    this.#readDeadlineAt = never
    this.#writeDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.clientMs)
    this.#resumeReading()
    this.#socket.end(() => {
      this.#writeDeadlineAt = this.#context.deadlines.after(this.#context.timeouts.lingerMs)
    })
  }

  #write(bytes: Buffer, from: number, to: number): void {
    if (this.#held !== '' && to - from <= maximumJoinedBytes) {
      this.#held += bytes.toString('latin1', from, to)
      if (this.#held.length > 2 * maximumJoinedBytes) this.flush()
      return
    }
    const text = this.#held
    this.#held = ''
    this.#socket.cork()
    if (text !== '') this.#socket.write(text, 'latin1')
    // Copied: what is lent is read into again.
    const copy = Buffer.allocUnsafe(to - from)
    bytes.copy(copy, 0, from, to)
    this.#socket.write(copy)
    this.#socket.uncork()
  }

  #pauseReading(): void {
    if (this.#isReadPaused) return
    this.#isReadPaused = true
    this.#socket.pause()
  }

  #resumeReading(): void {
    if (!this.#isReadPaused) return
    this.#isReadPaused = false
    this.#socket.resume()
  }
}

/** What stands for a request that could not be read. */
const refusedRequest: RequestHead = {
  status: 'valid',
  method: 'GET',
  path: '/',
  minorVersion: 1,
  fields: '',
  endToEnd: '',
  host: '',
  framing: 'none',
  length: 0,
  keepsAlive: false,
  expectsContinue: false,
  upgrade: '',
}
