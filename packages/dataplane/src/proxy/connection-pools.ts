import { isIP } from 'node:net'
import type { Deadlines } from './deadlines.ts'
import { UpstreamConnection } from './http1/upstream-connection.ts'
import { withoutPort } from './without-port.ts'

/** Where connections of one pool lead, and what they demand. */
export interface PoolTarget {
  /** Equal keys share their connections. */
  readonly key: string
  readonly origin: string
  readonly verifyCertificate: boolean
  readonly idleTimeoutMs: number
}

/** Kept connections to upstream nodes. A pool lives while configuration refers to it. */
export interface ConnectionPools {
  retain(target: PoolTarget): void
  /** The last release closes the pool: idle connections at once, busy ones after their exchange. */
  release(target: PoolTarget): void
  /**
   * A kept connection, or a new one. `host`: of the request, which names the certificate that is asked for. It comes back
   * by itself while configuration has the node.
   */
  take(target: PoolTarget, host: string): UpstreamConnection
  /** A new one, whatever is kept. */
  fresh(target: PoolTarget, host: string): UpstreamConnection
  /** Closes kept connections; whoever asks for one again gets a new one. */
  close(): void
}

interface HeldPool {
  references: number
  /** The one used last is the last: it is the least likely to be closed at the other end by now. */
  readonly idle: UpstreamConnection[]
}

/** Of one node: as many as APISIX keeps. */
const maximumIdle = 320
/** As much as is read from a connection at once. */
const readBytes = 64 * 1024

export function connectionPools(options: {
  readonly deadlines: Deadlines
  readonly onUnexpected: (error: unknown) => void
}): ConnectionPools {
  const held = new Map<string, HeldPool>()
  const readBuffer = Buffer.allocUnsafeSlow(readBytes)

  function fresh(target: PoolTarget, host: string): UpstreamConnection {
    return new UpstreamConnection({
      ...options,
      address: target,
      serverName: serverNameOf(target, host),
      readBuffer,
      onIdle(connection) {
        const pool = held.get(target.key)
        if (pool === undefined || pool.idle.length >= maximumIdle) return connection.destroy()
        connection.keep(target.idleTimeoutMs)
        pool.idle.push(connection)
      },
      onClosed(connection) {
        const idle = held.get(target.key)?.idle
        const at = idle?.indexOf(connection) ?? -1
        if (at >= 0) idle?.splice(at, 1)
      },
    })
  }

  function takeIdle(idle: UpstreamConnection[], serverName: string): UpstreamConnection | undefined {
    for (let at = idle.length - 1; at >= 0; at -= 1) {
      const connection = idle[at]
      if (connection === undefined || connection.serverName !== serverName || !connection.isUsable) continue
      idle.splice(at, 1)
      return connection
    }
    return undefined
  }

  function destroyIdle(pool: HeldPool): void {
    for (const connection of pool.idle.splice(0)) connection.destroy()
  }

  return {
    fresh,
    retain({ key }) {
      const pool = held.get(key)
      if (pool === undefined) held.set(key, { references: 1, idle: [] })
      else pool.references += 1
    },
    release({ key }) {
      const pool = held.get(key)
      if (pool === undefined) return
      pool.references -= 1
      if (pool.references > 0) return
      held.delete(key)
      destroyIdle(pool)
    },
    take(target, host) {
      const idle = held.get(target.key)?.idle ?? []
      return takeIdle(idle, serverNameOf(target, host)) ?? fresh(target, host)
    },
    close() {
      for (const pool of held.values()) destroyIdle(pool)
    },
  }
}

/** Without TLS all connections are alike; an address is no name. */
function serverNameOf({ origin }: PoolTarget, host: string): string {
  if (!origin.startsWith('https:')) return ''
  const name = withoutPort(host)
  return isIP(name.replaceAll(/^\[|\]$/g, '')) === 0 ? name : ''
}
