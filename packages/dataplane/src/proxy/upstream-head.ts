import type { AddressMatcher } from './address-matcher.ts'
import type { ClientSide } from './client-side.ts'
import { fieldValue } from './http1/field-block.ts'
import type { RequestHead } from './http1/request-head.ts'
import type { TargetNode, UpstreamTarget } from './upstream-target.ts'
import { withoutPort } from './without-port.ts'

export interface UpstreamHeadOptions {
  readonly request: RequestHead
  readonly client: ClientSide
  readonly upstream: UpstreamTarget
  readonly node: TargetNode
  /** Whose X-Forwarded-* fields are believed. */
  readonly trusts: AddressMatcher
  /** A protocol to ask for; empty for none. */
  readonly upgrade: string
}

/**
 * The head of a request on its way to a node: end-to-end fields as the client sent them, plus Host, X-Real-IP and
 * X-Forwarded-*. What a client says in X-Forwarded-* counts only if its address is trusted (APISIX: `trusted_addresses`).
 */
export function upstreamHead(options: UpstreamHeadOptions): string {
  const { request, client, upgrade } = options
  let text =
    `${request.method} ${request.path} HTTP/1.1\r\nHost: ${upstreamHost(request.host, options.upstream, options.node)}\r\n` +
    request.endToEnd +
    forwardedFields(request, client, options.trusts(client.remoteAddress))
  if (request.framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n'
  if (upgrade !== '') text += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
  return `${text}\r\n`
}

/** What the Host field says to a node. */
export function upstreamHost(host: string, upstream: UpstreamTarget, node: TargetNode): string {
  if (upstream.passHost === 'rewrite' && upstream.rewriteHost !== undefined) return upstream.rewriteHost
  // A client of HTTP/1.0 may have sent none.
  return upstream.passHost === 'node' || host === '' ? node.hostHeader : host
}

function forwardedFields(request: RequestHead, client: ClientSide, isTrusted: boolean): string {
  const address = client.remoteAddress
  const said = (name: string) => (isTrusted ? fieldValue(request.fields, name) : undefined)
  const earlier = said('x-forwarded-for')
  return (
    `X-Real-IP: ${address}\r\nX-Forwarded-For: ${earlier === undefined ? address : `${earlier}, ${address}`}\r\n` +
    `X-Forwarded-Proto: ${said('x-forwarded-proto') ?? 'http'}\r\n` +
    `X-Forwarded-Host: ${said('x-forwarded-host') ?? withoutPort(request.host)}\r\n` +
    `X-Forwarded-Port: ${said('x-forwarded-port') ?? client.localPort}\r\n`
  )
}
