import type { BodyFraming } from './body-framing.ts'
import { framingFields } from './body-framing.ts'
import { connectionOptions } from './connection-options.ts'
import { fieldLinePattern, withoutFields, type FieldBlock } from './field-block.ts'
import { requestHeadLimits, type HeadLimits } from './head-limits.ts'
import { requestMethods } from './request-methods.ts'
import { scanFields } from './scan-fields.ts'

/** The head of a request that can be read in one way only. */
export interface RequestHead {
  readonly status: 'valid'
  readonly method: string
  /** Of the target, with query, as on the wire; begins with a slash. No fragment, visible ASCII only. */
  readonly path: string
  readonly minorVersion: 0 | 1
  /** All of them. */
  readonly fields: FieldBlock
  /** Without those of this connection and those that the proxy sets itself: Host, Expect, X-Forwarded-*, X-Real-IP. */
  readonly endToEnd: FieldBlock
  /** Of the target in absolute form (RFC 9112 §3.2.2), else of the Host field, with port; empty without one (HTTP/1.0). */
  readonly host: string
  readonly framing: Exclude<BodyFraming, 'close'>
  /** With `framing: 'length'`; else 0. */
  readonly length: number
  /** Whether the client wants to go on after the answer. */
  readonly keepsAlive: boolean
  /** Of HTTP/1.1 only: the client waits for `100 Continue`. */
  readonly expectsContinue: boolean
  /** Of HTTP/1.1 only: the protocols in Upgrade when Connection names it too, in lower case; else empty. */
  readonly upgrade: string
}

/** What is wrong with a head, as the answer that it gets. */
export interface RefusedHead {
  readonly status: 'refused'
  readonly code: 400 | 408 | 417 | 431 | 501 | 505
  readonly message: string
}

export const malformedRequest: RefusedHead = { status: 'refused', code: 400, message: 'Bad Request' }
export const tooLargeRequest: RefusedHead = {
  status: 'refused',
  code: 431,
  message: 'Request Header Fields Too Large',
}
const unknownMethod: RefusedHead = { status: 'refused', code: 501, message: 'the method is not implemented' }
const noTunnel: RefusedHead = { status: 'refused', code: 501, message: 'CONNECT is not implemented' }
const unknownCoding: RefusedHead = { status: 'refused', code: 501, message: 'Transfer-Encoding is not implemented' }
const unknownExpectation: RefusedHead = { status: 'refused', code: 417, message: 'Expectation Failed' }
const unknownVersion: RefusedHead = { status: 'refused', code: 505, message: 'HTTP Version Not Supported' }

// No fragment in the target: servers disagree about what that belongs to. One expression for the whole head runs as
// compiled code, so to be strict costs next to nothing.
const head = new RegExp(String.raw`^([A-Z-]+) ([\x21\x22\x24-\x7e]+) HTTP/1\.([01])\r\n(?:${fieldLinePattern})*\r\n$`)
const otherVersion = /^[A-Z-]+ [\x21\x22\x24-\x7e]+ HTTP\/(?!1\.[01])\d\.\d\r\n/

// `host[:port]` of RFC 3986, without user information.
const hostSource = String.raw`(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?`
const hostPattern = new RegExp(`^${hostSource}$`, 'i')
const absoluteForm = new RegExp(String.raw`^https?://(${hostSource})([/?].*)?$`, 'i')

/** Reads a complete head, one character per byte, with its empty line. Whatever it holds, never throws. */
export function parseRequestHead(text: string, limits: HeadLimits = requestHeadLimits): RequestHead | RefusedHead {
  const line = head.exec(text)
  if (line === null) return otherVersion.test(text) ? unknownVersion : malformedRequest
  const [, method = '', target = '', minor] = line
  if (!requestMethods.has(method)) return unknownMethod
  if (method === 'CONNECT') return noTunnel
  // `METHOD target HTTP/1.x` and its line end.
  const from = method.length + target.length + 12
  const to = text.length - 2
  const scanned = scanFields(text, from, to, 'request')
  const minorVersion = minor === '1' ? 1 : 0
  if (scanned.count > limits.maximumFields) return tooLargeRequest
  const framing = framingFields(scanned)
  if (framing === undefined) return malformedRequest
  // RFC 9112 §6.1: HTTP/1.0 has no codings.
  if (framing.coding !== 'none' && minorVersion === 0) return malformedRequest
  if (framing.coding === 'unknown') return unknownCoding
  if (scanned.hosts !== 1 && (scanned.hosts > 1 || minorVersion === 1)) return malformedRequest
  if (!hostPattern.test(scanned.host)) return malformedRequest
  // `*` asks about a server, of which there is none here.
  const absolute = target.startsWith('/') ? null : absoluteForm.exec(target)
  if (absolute === null && !target.startsWith('/')) return malformedRequest
  const expects = minorVersion === 1 && scanned.expect !== ''
  if (expects && scanned.expect.toLowerCase() !== '100-continue') return unknownExpectation
  const connection = connectionOptions(scanned.connection)
  return {
    status: 'valid',
    method,
    path: absolute === null ? target : `${absolute[2]?.startsWith('/') === true ? '' : '/'}${absolute[2] ?? ''}`,
    minorVersion,
    fields: text.slice(from, to),
    endToEnd:
      connection.nominated.length === 0
        ? scanned.endToEnd
        : withoutFields(scanned.endToEnd, (name) => connection.nominated.includes(name)),
    host: absolute?.[1] ?? scanned.host,
    framing: framing.coding === 'chunked' ? 'chunked' : framing.length > 0 ? 'length' : 'none',
    length: Math.max(0, framing.length),
    keepsAlive: minorVersion === 1 ? !connection.close : connection.keepAlive && !connection.close,
    expectsContinue: expects,
    // RFC 9110 §7.8: in HTTP/1.0 there is none.
    upgrade: minorVersion === 1 && connection.upgrade ? scanned.upgrade.toLowerCase() : '',
  }
}
