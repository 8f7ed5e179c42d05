import { SourceError } from '@outlast/snapshot'
import {
  etcdCluster,
  type EtcdCallOptions,
  type EtcdClient,
  type EtcdClientOptions,
  type StoreHeader,
} from '@outlast/source-etcd/client'

import { everything } from '../config-store.ts'
import { StoreError } from '../store-error.ts'
import { mapEtcdError } from './map-etcd-error.ts'

type Attempt<T> = (client: EtcdClient, options: EtcdCallOptions & { readonly header: StoreHeader }) => Promise<T>

/**
 * An etcd cluster that answers for one store. An endpoint that belongs to another cluster is passed over, before anything is
 * written there. When every endpoint has come to belong to one other cluster, the store has been replaced: `generation` ends,
 * and what is called from then on is told of the new one.
 *
 * Calls reject with `StoreError`, or with the reason of the signal.
 */
export interface EtcdSession {
  readonly name: string
  /** One attempt after the other. `header` is from no earlier than when the endpoint was first used. */
  call<T>(attempt: Attempt<T>, signal: AbortSignal | undefined): Promise<T>
  /** Over a connection of its own; `header` is of this moment. */
  connect<T>(attempt: Attempt<T>, signal: AbortSignal | undefined): Promise<T>
  /** Takes note of an answer. Throws `SourceError` when it comes from another cluster. */
  accept(header: StoreHeader, endpoint: string): void
  /** The newest answer of the cluster, if there has been one. */
  newest(): StoreHeader | undefined
  /** Puts an endpoint last, and looks at it anew before it is used again. */
  distrust(endpoint: string): void
  /** Aborted with a `StoreError` when the store is replaced by another, or closed. */
  generation(): AbortSignal
  /** The store is another one, although its cluster has the same id: it went back. */
  replaced(header: StoreHeader): void
  close(): void
}

function replacement(name: string): StoreError {
  return new StoreError('replaced', `${name} is another store than before`)
}

/** Throws a `TypeError` for options that cannot work. */
export function etcdSession(options: EtcdClientOptions): EtcdSession {
  const cluster = etcdCluster(options)
  const known = new Set<string>()
  /** Endpoints of other clusters, and which. */
  const strangers = new Map<string, StoreHeader>()
  let newest: StoreHeader | undefined
  let generation = new AbortController()
  let closed: StoreError | undefined

  const replaced = (header: StoreHeader): void => {
    newest = header
    known.clear()
    strangers.clear()
    const ended = generation
    generation = new AbortController()
    ended.abort(replacement(cluster.name))
  }

  const accept = (header: StoreHeader, endpoint: string): void => {
    if (newest !== undefined && header.clusterId !== newest.clusterId) {
      known.delete(endpoint)
      strangers.set(endpoint, header)
      throw new SourceError('unavailable', `${endpoint}: it belongs to another cluster than the others`)
    }
    strangers.delete(endpoint)
    if (newest === undefined || header.revision >= newest.revision) newest = header
  }

  const greet = async (client: EtcdClient, call: EtcdCallOptions): Promise<StoreHeader> => {
    const [before, present] = [newest, generation]
    const reply = await client.range({ key: Buffer.from(everything.from), countOnly: true }, call)
    if (reply.status !== 'ok')
      throw new SourceError('invalid-response', `${client.endpoint}: it does not know its revision`)
    accept(reply.header, client.endpoint)
    // Reads are linearizable: only a store that was wiped, or restored from a backup, goes back.
    if (present === generation && before !== undefined && reply.header.revision < before.revision) {
      replaced(reply.header)
      throw replacement(cluster.name)
    }
    known.add(client.endpoint)
    return reply.header
  }

  /** What was replaced is noticed when all have been asked, so that one wrong address among right ones does no harm. */
  const adopt = (): void => {
    const [other, ...others] = strangers.values()
    if (other === undefined || strangers.size < cluster.endpointCount) return
    if (others.every(({ clusterId }) => clusterId === other.clusterId)) replaced(other)
  }

  const guarded = async <T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted()
    if (closed !== undefined) throw closed
    try {
      return await run()
    } catch (error) {
      signal?.throwIfAborted()
      if (closed !== undefined) throw closed
      adopt()
      throw mapEtcdError(error)
    }
  }

  return {
    name: cluster.name,
    accept,
    replaced,
    newest: () => newest,
    generation: () => generation.signal,

    call: async (attempt, signal) =>
      await guarded(signal, async () =>
        cluster.call(
          async (client, call) => {
            const header = (known.has(client.endpoint) ? newest : undefined) ?? (await greet(client, call))
            try {
              return await attempt(client, { ...call, header })
            } catch (error) {
              known.delete(client.endpoint)
              throw error
            }
          },
          { signal },
        ),
      ),

    connect: async (attempt, signal) =>
      await guarded(signal, async () =>
        cluster.connect(async (client, call) => attempt(client, { ...call, header: await greet(client, call) }), {
          signal,
        }),
      ),

    distrust: (endpoint) => {
      known.delete(endpoint)
      cluster.demote(endpoint)
    },

    close: () => {
      closed = new StoreError('unavailable', `${cluster.name} is closed`)
      generation.abort(closed)
      cluster.close()
    },
  }
}
