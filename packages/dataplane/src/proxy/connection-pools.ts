import { Client, Pool, type Dispatcher } from 'undici'

/** Where connections of one pool lead, and what they demand. */
export interface PoolTarget {
  /** Equal keys share their connections. */
  readonly key: string
  readonly origin: string
  readonly verifyCertificate: boolean
  readonly idleTimeoutMs: number
}

/** A way to an upstream node for one request. */
export interface Connection {
  readonly dispatcher: Dispatcher
  /** To be called once the request is handed over. */
  readonly close: () => void
}

/** Kept connections to upstream nodes. A pool lives while configuration refers to it. */
export interface ConnectionPools {
  retain(target: PoolTarget): void
  /** The last release closes the pool: idle connections at once, busy ones after their exchange. */
  release(target: PoolTarget): void
  /** From the pool; outside of any pool when configuration has dropped the node meanwhile. */
  pooled(target: PoolTarget): Connection
  /** Outside of any pool, for one request. */
  fresh(target: PoolTarget): Connection
  /** Closes kept connections; whoever asks for one again gets a new one. */
  close(): void
}

interface HeldPool {
  references: number
  pool: Pool | undefined
}

/** A connection attempt that hangs ends after this time, even when nobody waits for it any more. */
const connectLimitMs = 60_000

export function connectionPools(): ConnectionPools {
  const held = new Map<string, HeldPool>()

  function fresh(target: PoolTarget): Connection {
    const client = new Client(target.origin, clientOptions(target))
    return { dispatcher: client, close: () => closeGracefully(client) }
  }

  return {
    fresh,
    retain({ key }) {
      const entry = held.get(key)
      if (entry === undefined) held.set(key, { references: 1, pool: undefined })
      else entry.references += 1
    },
    release({ key }) {
      const entry = held.get(key)
      if (entry === undefined) return
      entry.references -= 1
      if (entry.references > 0) return
      held.delete(key)
      if (entry.pool !== undefined) closeGracefully(entry.pool)
    },
    pooled(target) {
      const entry = held.get(target.key)
      if (entry === undefined) return fresh(target)
      entry.pool ??= new Pool(target.origin, clientOptions(target))
      return { dispatcher: entry.pool, close() {} }
    },
    close() {
      for (const entry of held.values()) {
        if (entry.pool !== undefined) closeGracefully(entry.pool)
        entry.pool = undefined
      }
    },
  }
}

function clientOptions(target: PoolTarget): Client.Options {
  return {
    pipelining: 1,
    keepAliveTimeout: Math.max(1, target.idleTimeoutMs),
    // An upstream's own hint may shorten that, never stretch it.
    keepAliveMaxTimeout: Math.max(1, target.idleTimeoutMs),
    maxHeaderSize: 64 * 1024,
    connect: { timeout: connectLimitMs, rejectUnauthorized: target.verifyCertificate },
  }
}

/** Requests that were handed over end first. */
function closeGracefully(dispatcher: Dispatcher): void {
  // Rejects only when it is closed already, which is what was wanted.
  dispatcher.close().catch(() => undefined)
}
