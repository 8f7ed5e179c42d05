import type { IncomingMessage } from 'node:http'
import { plainAddress, type AddressMatcher } from './address-matcher.ts'
import { hopByHopTest } from './hop-by-hop.ts'
import type { TargetNode, UpstreamTarget } from './upstream-target.ts'

/** The parts of an upstream request's head that do not depend on the node. */
export interface ForwardedHead {
  readonly headers: readonly string[]
  /** The client's, with port. */
  readonly host: string
}

/** Set here, whatever the client sent. */
const replaced: ReadonlySet<string> = new Set([
  'expect',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
])

/**
 * End-to-end fields as the client sent them, plus X-Real-IP and X-Forwarded-*. What a client says in X-Forwarded-* counts
 * only if its address is trusted (APISIX: `trusted_addresses`).
 */
export function forwardedHead(
  request: IncomingMessage,
  options: { readonly host: string; readonly trusts: AddressMatcher },
): ForwardedHead {
  const isHopByHop = hopByHopTest(request.headers.connection)
  const headers: string[] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const lower = name.toLowerCase()
    if (!isHopByHop(lower) && !replaced.has(lower)) headers.push(name, request.rawHeaders[index + 1] ?? '')
  }
  const address = plainAddress(request.socket.remoteAddress ?? '')
  const trusted = options.trusts(address)
  const said = (name: string) => (trusted ? request.headersDistinct[name]?.join(', ') : undefined)
  const earlier = said('x-forwarded-for')
  headers.push('X-Real-IP', address)
  headers.push('X-Forwarded-For', earlier === undefined ? address : `${earlier}, ${address}`)
  headers.push('X-Forwarded-Proto', said('x-forwarded-proto') ?? 'http')
  headers.push('X-Forwarded-Host', said('x-forwarded-host') ?? options.host.replace(/:\d*$/, ''))
  headers.push('X-Forwarded-Port', said('x-forwarded-port') ?? String(request.socket.localPort ?? ''))
  return { headers, host: options.host }
}

/** The fields for one node, Host first. */
export function headersFor(head: ForwardedHead, upstream: UpstreamTarget, node: TargetNode): string[] {
  return ['Host', hostFor(head, upstream, node), ...head.headers]
}

function hostFor(head: ForwardedHead, upstream: UpstreamTarget, node: TargetNode): string {
  if (upstream.passHost === 'rewrite' && upstream.rewriteHost !== undefined) return upstream.rewriteHost
  // A client of HTTP/1.0 may have sent none.
  return upstream.passHost === 'node' || head.host === '' ? node.hostHeader : head.host
}
