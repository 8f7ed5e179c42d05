import { BodyReader } from '../../../src/proxy/http1/body-reader.ts'
import { findHeadEnd, headIncomplete, headStart, headTooLarge } from '../../../src/proxy/http1/find-head-end.ts'
import { requestHeadLimits, responseHeadLimits } from '../../../src/proxy/http1/head-limits.ts'
import { parseRequestHead, type RequestHead } from '../../../src/proxy/http1/request-head.ts'
import { parseResponseHead, type ResponseHead } from '../../../src/proxy/http1/response-head.ts'

interface ReadMessage<Head> {
  readonly head: Head
  /** Payload, one character per byte. */
  body: string
  /** The body as it was on the wire, as far as it can be passed on as it is. */
  wire: string
  trailers: string
  complete: boolean
}

export interface ReadBytes<Head> {
  readonly messages: readonly ReadMessage<Head>[]
  /** Why reading ended before the bytes did: a status code for a request, 502 for an answer. */
  readonly refusal: number | undefined
}

/** Reads requests from one connection's bytes until one behind which there may be something else: the last, or an upgrade. */
export function readRequests(pieces: readonly Buffer[]): ReadBytes<RequestHead> {
  return readMessages(pieces, 'request', requestHeadLimits.maximumBytes, (text) => {
    if (text === undefined) return { refusal: 400 }
    if (text === headTooLarge) return { refusal: 431 }
    const head = parseRequestHead(text)
    return head.status === 'valid' ? { head, isLast: !head.keepsAlive || head.upgrade !== '' } : { refusal: head.code }
  })
}

/** Reads answers to requests of a method; interim ones are messages of their own. The connection's end is that of the bytes. */
export function readResponses(pieces: readonly Buffer[], method = 'GET'): ReadBytes<ResponseHead> {
  return readMessages(pieces, 'response', responseHeadLimits.maximumBytes, (text) => {
    const head = typeof text === 'string' ? parseResponseHead(text, method) : undefined
    return head === undefined ? { refusal: 502 } : { head, isLast: head.code >= 200 || head.code === 101 }
  })
}

type Parsed<Head> = { readonly head: Head; readonly isLast: boolean } | { readonly refusal: number }

function readMessages<Head extends RequestHead | ResponseHead>(
  pieces: readonly Buffer[],
  side: 'request' | 'response',
  maximumBytes: number,
  parse: (text: string | typeof headTooLarge | undefined) => Parsed<Head>,
): ReadBytes<Head> {
  const messages: ReadMessage<Head>[] = []
  const body = new BodyReader()
  let message: ReadMessage<Head> | undefined
  let isLast = false
  let waiting: Buffer = Buffer.alloc(0)
  let scannedTo = 0

  for (const piece of pieces) {
    waiting = Buffer.concat([waiting, piece])
    while (waiting.length > 0) {
      if (message === undefined || body.isComplete) {
        if (isLast) return { messages, refusal: undefined }
        const end = findHeadEnd(waiting, scannedTo, maximumBytes, side)
        if (end === headIncomplete) {
          scannedTo = waiting.length
          break
        }
        const text =
          end > 0 ? waiting.toString('latin1', headStart(waiting), end) : end === headTooLarge ? end : undefined
        const parsed = parse(text)
        if ('refusal' in parsed) return { messages, refusal: parsed.refusal }
        scannedTo = 0
        waiting = waiting.subarray(end)
        isLast = parsed.isLast
        body.begin(parsed.head.framing, parsed.head.length)
        message = { head: parsed.head, body: '', wire: '', trailers: '', complete: body.isComplete }
        messages.push(message)
      } else {
        const end = body.read(waiting, 0)
        if (body.isMalformed) return { messages, refusal: 'code' in message.head ? 502 : 400 }
        message.body += waiting.toString('latin1', body.payloadStart, body.payloadEnd)
        message.wire += waiting.toString('latin1', 0, body.wireEnd)
        message.trailers = body.trailers
        message.complete = body.isComplete
        waiting = waiting.subarray(end)
      }
    }
  }
  if (message !== undefined && body.endsWithConnection) message.complete = true
  return { messages, refusal: undefined }
}
