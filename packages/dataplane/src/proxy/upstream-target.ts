import { isIPv4, isIPv6 } from 'node:net'
import type { Upstream } from '@outlast/snapshot/apisix'
import type { PoolTarget } from './connection-pools.ts'
import { nodePicker, type NodePicker, type WeightedNode } from './node-picker.ts'

export interface TargetNode extends WeightedNode {
  readonly pool: PoolTarget
  /** What the Host header says with `pass_host: node`: without the port that the scheme implies. */
  readonly hostHeader: string
}

export interface ExchangeTimeouts {
  readonly connectMs: number
  readonly sendMs: number
  readonly readMs: number
}

/** An upstream, ready for use. */
export interface UpstreamTarget {
  readonly nodes: readonly TargetNode[]
  readonly picker: NodePicker<TargetNode>
  readonly passHost: 'pass' | 'node' | 'rewrite'
  readonly rewriteHost: string | undefined
  /** How many other nodes may be tried after the first. */
  readonly retries: number
  /** Since the exchange began; 0: no limit. */
  readonly retryTimeoutMs: number
  readonly timeouts: ExchangeTimeouts
}

const defaultSeconds = 60

/** Throws a `TypeError` that says what this proxy cannot do with the upstream. */
export function checkUpstream(upstream: Upstream): void {
  const trouble = upstreamTrouble(upstream)
  if (trouble !== undefined) throw new TypeError(trouble)
  for (const { host, port = 80 } of addressesOf(upstream)) {
    if (!isPlainAddress(host, port) && !URL.canParse(originOf('http', host, port)))
      throw new TypeError('a node has no valid address')
  }
}

/** Makes an upstream ready. It must be one that `checkUpstream` finds nothing wrong with. */
export function upstreamTarget(upstream: Upstream): UpstreamTarget {
  const scheme = upstream.scheme === 'https' ? 'https' : 'http'
  const impliedPort = scheme === 'https' ? 443 : 80
  const verifyCertificate = upstream.tls?.verify === true
  const idleTimeoutMs = (upstream.keepalive_pool?.idle_timeout ?? defaultSeconds) * 1000

  const nodes = addressesOf(upstream).map(({ host, port = impliedPort, weight, priority = 0 }): TargetNode => {
    const name = hostName(host)
    const origin = originOf(scheme, host, port)
    const key = `${origin} ${verifyCertificate} ${idleTimeoutMs}`
    return {
      weight,
      priority,
      hostHeader: port === impliedPort ? name : `${name}:${port}`,
      pool: { key, origin, verifyCertificate, idleTimeoutMs },
    }
  })
  const picker = nodePicker(nodes)
  return {
    nodes,
    picker,
    passHost: upstream.pass_host ?? 'pass',
    rewriteHost: upstream.upstream_host,
    retries: upstream.retries ?? Math.max(0, picker.size - 1),
    retryTimeoutMs: (upstream.retry_timeout ?? 0) * 1000,
    timeouts: exchangeTimeouts(upstream.timeout),
  }
}

/** Seconds, as in APISIX, to milliseconds. */
export function exchangeTimeouts(timeout: Upstream['timeout']): ExchangeTimeouts {
  return {
    connectMs: (timeout?.connect ?? defaultSeconds) * 1000,
    sendMs: (timeout?.send ?? defaultSeconds) * 1000,
    readMs: (timeout?.read ?? defaultSeconds) * 1000,
  }
}

function originOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${hostName(host)}:${port}`
}

function hostName(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

// Letters first in the last label, so it is no attempt at an IPv4 address; `xn--` would have to be decoded.
const plainName = /^(?!.*xn--)(?:[\w-]+\.)*[a-z][\w-]*$/i

/** Whether there is no need to ask `URL`, which takes longer. */
function isPlainAddress(host: string, port: number): boolean {
  return port <= 65_535 && (isIPv4(host) || plainName.test(host))
}

/** What this proxy cannot do, as one sentence, or `undefined`. */
function upstreamTrouble(upstream: Upstream): string | undefined {
  const { scheme = 'http', tls } = upstream
  if (scheme !== 'http' && scheme !== 'https') return 'only upstreams of scheme http and https are supported'
  if (upstream.service_name !== undefined) return 'service discovery is not supported'
  if (tls?.client_cert !== undefined || tls?.client_cert_id !== undefined) {
    return 'client certificates for upstreams are not supported'
  }
  return undefined
}

interface NodeAddress {
  readonly host: string
  readonly port?: number | undefined
  readonly weight: number
  readonly priority?: number | undefined
}

function addressesOf(upstream: Upstream): readonly NodeAddress[] {
  const { nodes = [] } = upstream
  if (Array.isArray(nodes)) return nodes
  return Object.entries(nodes).map(([address, weight]) => {
    const [, plainHost, plainPort] = plainAddress.exec(address) ?? []
    if (plainHost !== undefined) return withPort(plainHost, plainPort, weight)
    if (isIPv6(address)) return { host: address, weight }
    const [, host = address, port] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(address) ?? []
    return withPort(host, port, weight)
  })
}

/** Nearly all of them; what the general form takes long for. */
const plainAddress = /^([\w.-]+)(?::(\d+))?$/

function withPort(host: string, port: string | undefined, weight: number): NodeAddress {
  return port === undefined ? { host, weight } : { host, weight, port: Number(port) }
}
