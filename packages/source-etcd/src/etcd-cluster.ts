import { SourceError } from '@outlast/snapshot'
import { defaultTimeoutMs, type EtcdClientOptions } from './client-options.ts'
import { credentialsOf } from './credentials.ts'
import { endpointList } from './endpoint-list.ts'
import { openClient, type EtcdCallOptions, type EtcdClient } from './etcd-client.ts'

/**
 * The members of an etcd cluster, as one thing to call. Attempts are made at one endpoint after the other, the last good one
 * first; what rejects with anything but a `SourceError` is not tried elsewhere. Rejects with `SourceError` when none works,
 * or with the reason of the signal.
 */
export interface EtcdCluster {
  /** For logs and messages, without secrets: `etcd://host:2379,host:2380`. */
  readonly name: string
  /** How many different endpoints there are. */
  readonly endpointCount: number
  /**
   * Over connections that are kept. Each attempt has its share of the deadline, so that one that hangs leaves time for the
   * others: what it calls has to be given `options`.
   */
  call<T>(
    attempt: (client: EtcdClient, options: EtcdCallOptions) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>
  /** Over a connection of its own, which `attempt` hands on to who will close it. Closed here when the attempt fails. */
  connect<T>(
    attempt: (client: EtcdClient, options: EtcdCallOptions) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>
  /** Puts an endpoint last, after it failed in the middle of something. */
  demote(endpoint: string): void
  /** Ends all calls at once. */
  close(): void
}

/** Throws a `TypeError` for options that cannot work. */
export function etcdCluster(options: EtcdClientOptions): EtcdCluster {
  const endpoints = endpointList(options.endpoints)
  const credentials = credentialsOf(options)
  const { tls, timeoutMs = defaultTimeoutMs } = options
  const kept = new Map<string, EtcdClient>()
  const closed = new AbortController()

  const open = (endpoint: string): EtcdClient =>
    openClient({ endpoint, tls, credentials, timeoutMs, signal: closed.signal })
  const keptClient = (endpoint: string): EtcdClient => {
    const client = kept.get(endpoint) ?? open(endpoint)
    kept.set(endpoint, client)
    return client
  }

  /** Divides what is left of the deadline among the endpoints that are left. */
  const shares = (): (() => number) => {
    const endsAtMs = performance.now() + timeoutMs
    let attempts = endpoints.count
    return () => {
      const leftMs = endsAtMs - performance.now()
      if (leftMs <= 0) throw new SourceError('unavailable', `no answer within ${String(timeoutMs)} ms`)
      const share = leftMs / attempts
      attempts = Math.max(1, attempts - 1)
      return share
    }
  }

  /** At one endpoint after the other; `giveUp` is for the client of an attempt that failed. */
  const inTurn = async <T>(
    attempt: (client: EtcdClient, options: EtcdCallOptions) => Promise<T>,
    how: {
      readonly signal: AbortSignal | undefined
      readonly clientAt: (endpoint: string) => EtcdClient
      readonly giveUp: (client: EtcdClient) => void
    },
  ): Promise<T> => {
    const { signal, clientAt, giveUp } = how
    const share = shares()
    return await endpoints.first(signal, async (endpoint) => {
      const client = clientAt(endpoint)
      try {
        return await attempt(client, { signal, timeoutMs: share() })
      } catch (error) {
        giveUp(client)
        throw error
      }
    })
  }

  return {
    name: endpoints.name,
    endpointCount: endpoints.count,

    call: async (attempt, { signal } = {}) =>
      await inTurn(attempt, { signal, clientAt: keptClient, giveUp: (client) => client.dropIdle() }),
    connect: async (attempt, { signal } = {}) =>
      await inTurn(attempt, { signal, clientAt: open, giveUp: (client) => client.close() }),

    demote: (endpoint) => {
      kept.get(endpoint)?.dropIdle()
      endpoints.demote(endpoint)
    },

    close: () => {
      closed.abort(new SourceError('unavailable', 'the client is closed'))
      kept.clear()
    },
  }
}
