import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { stallTimer } from './stall-timer.ts'

/** A client's request body on its way to an upstream. */
export interface RequestBody {
  /** What the upstream's connection reads, or `null` for a request without body. */
  readonly stream: PassThrough | null
  /** Lets the client's bytes flow, and asks for them if the client waits for `100 Continue`. */
  start(): void
  /** Detaches the client, whose request and connection stay as they are. */
  stop(): void
}

/** Which side kept the body waiting. */
export type BodyStall = 'client' | 'upstream'

/** By RFC 9112 §6.3 a request has a body when a framing field says so. */
export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && !/^0+$/.test(length))
}

export function requestBody(options: {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly sendMs: number
  readonly clientMs: number
  readonly onStall: (by: BodyStall) => void
}): RequestBody {
  const { request, response } = options
  if (!hasBody(request)) return { stream: null, start() {}, stop() {} }

  // Not the request itself: whoever writes a body to an upstream destroys it when that upstream fails, and a request
  // takes the client's connection with it.
  const stream = new PassThrough()
  // Its end, good or bad, is told by the exchange.
  stream.on('error', () => undefined)
  const timer = stallTimer(() => options.onStall(stream.writableNeedDrain ? 'upstream' : 'client'))
  const progress = () => timer.arm(stream.writableNeedDrain ? options.sendMs : options.clientMs)
  const disarm = () => timer.disarm()

  return {
    stream,
    start() {
      if (request.headers.expect !== undefined && !response.headersSent) response.writeContinue()
      request.pipe(stream)
      request.on('data', progress)
      request.on('end', disarm)
      stream.on('drain', progress)
      progress()
    },
    stop() {
      timer.disarm()
      request.unpipe(stream)
      request.off('data', progress)
      request.off('end', disarm)
      stream.destroy()
    },
  }
}
