import { isIPv6 } from 'node:net'
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
export function upstreamTarget(upstream: Upstream): UpstreamTarget {
  const trouble = upstreamTrouble(upstream)
  if (trouble !== undefined) throw new TypeError(trouble)
  const scheme = upstream.scheme === 'https' ? 'https' : 'http'
  const impliedPort = scheme === 'https' ? 443 : 80
  const verifyCertificate = upstream.tls?.verify === true
  const idleTimeoutMs = (upstream.keepalive_pool?.idle_timeout ?? defaultSeconds) * 1000

  const nodes = addressesOf(upstream).map(({ host, port = impliedPort, weight, priority = 0 }): TargetNode => {
    const name = isIPv6(host) ? `[${host}]` : host
    const origin = `${scheme}://${name}:${port}`
    if (!URL.canParse(origin)) throw new TypeError('a node has no valid address')
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

function addressesOf(upstream: Upstream): readonly {
  readonly host: string
  readonly port?: number | undefined
  readonly weight: number
  readonly priority?: number | undefined
}[] {
  const { nodes = [] } = upstream
  if (Array.isArray(nodes)) return nodes
  return Object.entries(nodes).map(([address, weight]) => {
    if (isIPv6(address)) return { host: address, weight }
    const [, host = address, port] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(address) ?? []
    return { host, weight, ...(port === undefined ? {} : { port: Number(port) }) }
  })
}
