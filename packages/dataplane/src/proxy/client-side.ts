import type { BodyFraming } from './http1/body-framing.ts'
import type { FieldBlock } from './http1/field-block.ts'

/** The head of an answer, without what belongs to one connection. */
export interface AnswerHead {
  readonly code: number
  readonly reason: string
  /** Content-Length included. */
  readonly endToEnd: FieldBlock
  readonly framing: BodyFraming
  readonly hasDate: boolean
}

/**
 * The client of one exchange, whatever protocol it speaks: what the exchange asks of it. Bodies are bytes as HTTP/1.1
 * frames them, so that they can be passed on as they are.
 */
export interface ClientSide {
  readonly remoteAddress: string
  readonly localPort: number
  /** Whether a chunked body can be given with its chunks; otherwise it must be given as payload. */
  readonly takesChunks: boolean
  /** Lets the body of the request come, and asks for it if the client waits for that. */
  startBody(): void
  pauseBody(): void
  resumeBody(): void
  /** Left out where the protocol has no interim answers. */
  sendInterim(head: AnswerHead): void
  sendHead(head: AnswerHead): void
  /** `bytes` from `from` to `to` are borrowed until the call returns. */
  sendData(bytes: Buffer, from: number, to: number): void
  sendEnd(trailers: FieldBlock): void
  /** Whatever was given up to now goes out. `false`: the client does not take more for now, and `clientDrained` tells when it does. */
  flush(): boolean
  /** There is no further request after this one. */
  endAfterAnswer(): void
  /** Agrees to the upgrade: from now on both bodies are a stream without end. */
  switchProtocols(head: AnswerHead, protocol: string): void
  /** Ends the connection, once what was given has gone out. */
  close(): void
  /** What the client has is not the whole answer: its connection is reset, never ended cleanly (RFC 9112 §8). */
  abort(): void
}

/** What the client's side tells the exchange. */
export interface RequestSink {
  /** The request is the sink's, from now on. */
  begin(): void
  /** Nobody else uses `bytes` any more. `false`: enough for now; the client's side pauses the body, and waits to be asked for more. */
  requestData(bytes: Buffer, from: number, to: number): boolean
  requestEnd(trailers: FieldBlock): void
  /** The body cannot be read: none of what follows it can. */
  requestMalformed(): void
  /** The client is late with its body. */
  requestStalled(): void
  clientDrained(): void
  clientGone(): void
}
