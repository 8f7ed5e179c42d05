import { framingFields, type BodyFraming } from './body-framing.ts'
import { connectionOptions } from './connection-options.ts'
import { fieldLinePattern, withoutFields, type FieldBlock } from './field-block.ts'
import { responseHeadLimits, type HeadLimits } from './head-limits.ts'
import { scanFields } from './scan-fields.ts'

/** The head of a response that can be read in one way only. */
export interface ResponseHead {
  /** 100 to 599. */
  readonly code: number
  /** May be empty. */
  readonly reason: string
  readonly minorVersion: 0 | 1
  /** All of them. */
  readonly fields: FieldBlock
  /** Without those of this connection; without Content-Length where there must be none. */
  readonly endToEnd: FieldBlock
  readonly framing: BodyFraming
  /** With `framing: 'length'`; else 0. */
  readonly length: number
  /** Whether the connection can serve another request. */
  readonly keepsAlive: boolean
  readonly hasDate: boolean
  /** The protocol in Upgrade when Connection names it too, in lower case; else empty. */
  readonly upgrade: string
}

const head = new RegExp(
  String.raw`^HTTP/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n(?:${fieldLinePattern})*\r\n$`,
)

const isContentLength = (name: string): boolean => name === 'content-length'

/**
 * Reads a complete head, one character per byte, with its empty line, as the answer to a request of that method.
 * `undefined` when it is malformed or could be read in different ways. Whatever it holds, never throws.
 */
export function parseResponseHead(
  text: string,
  method: string,
  limits: HeadLimits = responseHeadLimits,
): ResponseHead | undefined {
  const line = head.exec(text)
  if (line === null) return undefined
  const [, minor, digits, reason] = line
  const minorVersion = minor === '1' ? 1 : 0
  const code = Number(digits)
  // `HTTP/1.x 200`, its line end, and the reason with its space.
  const from = 14 + (reason === undefined ? 0 : reason.length + 1)
  const to = text.length - 2
  const scanned = scanFields(text, from, to, 'response')
  if (scanned.count > limits.maximumFields) return undefined
  const said = framingFields(scanned)
  // RFC 9112 §6.1: HTTP/1.0 has no codings; those of HTTP/1.1 other than chunked were not asked for.
  if (said === undefined || said.coding === 'unknown') return undefined
  if (said.coding === 'chunked' && minorVersion === 0) return undefined
  const connection = connectionOptions(scanned.connection)
  // HTTP/1.0 has no interim answers (RFC 9110 §15.2), and nothing follows one that closes the connection.
  if (code < 200 && (minorVersion === 0 || connection.close)) return undefined
  // RFC 9110 §8.6: they have no Content-Length, whatever the upstream says.
  const hasNoLength = code < 200 || code === 204
  const framing = framingOf(method, code, said)
  const nominated = connection.nominated
  const kept =
    nominated.length === 0 ? scanned.endToEnd : withoutFields(scanned.endToEnd, (name) => nominated.includes(name))
  return {
    code,
    reason: reason ?? '',
    minorVersion,
    fields: text.slice(from, to),
    endToEnd: hasNoLength && scanned.lengths > 0 ? withoutFields(kept, isContentLength) : kept,
    framing,
    length: framing === 'length' ? said.length : 0,
    // A body that must not be there may come nevertheless.
    keepsAlive:
      framing !== 'close' &&
      !connection.close &&
      (minorVersion === 1 || connection.keepAlive) &&
      !(hasNoLength && (said.coding === 'chunked' || said.length > 0)),
    hasDate: scanned.hasDate,
    upgrade: connection.upgrade ? scanned.upgrade.toLowerCase() : '',
  }
}

/** RFC 9112 §6.3. */
function framingOf(
  method: string,
  code: number,
  { coding, length }: { readonly coding: string; readonly length: number },
): BodyFraming {
  if (method === 'HEAD' || code < 200 || code === 204 || code === 304) return 'none'
  if (coding === 'chunked') return 'chunked'
  if (length < 0) return 'close'
  return length === 0 ? 'none' : 'length'
}
