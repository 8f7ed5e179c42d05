import type { FieldBlock } from './http1/field-block.ts'
import type { ResponseHead } from './http1/response-head.ts'

/** Why a node gave no answer, or not all of it. */
export interface UpstreamFailure {
  readonly timedOut: boolean
  /** Nothing of the request has left. */
  readonly unsent: boolean
  /** The connection ended before a byte of an answer. */
  readonly connectionLost: boolean
  /** At least a byte of an answer had come. */
  readonly hasAnswered: boolean
}

/** What a connection to a node tells the exchange. */
export interface AnswerSink {
  /** There is a connection: the request may be sent. */
  upstreamReady(): void
  answerInterim(head: ResponseHead): void
  answerHead(head: ResponseHead): void
  /** The node agrees to the upgrade that the request asked for. */
  answerUpgrade(head: ResponseHead): void
  /** `bytes` from `from` to `to` are borrowed until the call returns. */
  answerData(bytes: Buffer, from: number, to: number): void
  answerEnd(trailers: FieldBlock): void
  /** Everything that had arrived was told. `false`: no more for now. */
  answerRead(): boolean
  /** The node takes more of the request. */
  upstreamDrained(): void
  upstreamFailed(failure: UpstreamFailure): void
  /** Something went wrong that no peer can cause: whatever it is, the exchange ends here. */
  breakOff(): void
}
