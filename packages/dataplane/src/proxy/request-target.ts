import type { IncomingMessage } from 'node:http'
import { normalizePath } from './normalize-path.ts'

/** Where a request wants to go. */
export type RequestTarget =
  /** `path` with query, as on the wire; `host` with port. */
  | { readonly status: 'valid'; readonly path: string; readonly host: string }
  | { readonly status: 'refused'; readonly code: 400 | 501; readonly message: string }

const badRequest: RequestTarget = { status: 'refused', code: 400, message: 'Bad Request' }

/** Refuses what two parties could read in different ways. */
export function requestTarget(request: IncomingMessage): RequestTarget {
  const { url = '', httpVersion, headers } = request
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    // RFC 9112 §6.1: codings other than chunked are not implemented, and HTTP/1.0 has none.
    if (httpVersion === '1.0') return badRequest
    if (coding.toLowerCase() !== 'chunked') {
      return { status: 'refused', code: 501, message: 'Transfer-Encoding is not implemented' }
    }
  }
  const hosts = request.headersDistinct['host'] ?? []
  const host = hosts[0] ?? ''
  if (hosts.length > 1 || !isHost(host) || url.includes('#')) return badRequest
  // RFC 9112 §3.2.2: the absolute form's host replaces the Host field.
  const absolute = /^https?:\/\/([^/?]*)(.*)$/is.exec(url)
  const target = absolute === null ? { path: url, host } : { path: absolute[2] ?? '', host: absolute[1] ?? '' }
  const path = absolute !== null && !target.path.startsWith('/') ? `/${target.path}` : target.path
  if (!isHost(target.host) || normalizePath(path) === undefined) return badRequest
  return { status: 'valid', path, host: target.host }
}

/** `host[:port]` of RFC 3986, without user information. */
function isHost(host: string): boolean {
  return /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i.test(host)
}
