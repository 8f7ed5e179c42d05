import type { ConfigSource, Domain } from '@outlast/snapshot'
import { defaultTimeoutMs, type EtcdClientOptions } from './client-options.ts'
import { credentialsOf } from './credentials.ts'
import { configurationDomain } from './configuration-domain.ts'
import { endpointList } from './endpoint-list.ts'
import { keyLayout } from './key-layout.ts'
import { openClient } from './etcd-client.ts'
import { loadState } from './load-state.ts'
import { lineageMemory } from './lineage-memory.ts'
import { watchState } from './watch-state.ts'

export interface EtcdSourceOptions extends EtcdClientOptions {
  /** Everything below belongs to the configuration: `/apisix`, `/gateway_groups/default`. Default `/apisix`. */
  readonly prefix?: string | undefined
  /**
   * Which domain a kind belongs to; `undefined` leaves the kind out. Default: APISIX's, without
   * `data_plane`, where APISIX keeps reports of its nodes and no configuration.
   */
  readonly domainOf?: ((kind: string) => Domain | undefined) | undefined
  /** How often a watched source is asked whether it is still there. Default 2,000 ms. */
  readonly heartbeatMs?: number | undefined
}

/**
 * A live configuration over etcd's v3 JSON API: a real etcd, the etcd of an Apache APISIX, an Outlast control plane.
 *
 * Keys are `<prefix>/<kind>/<id>`; keys without an id and keys that end in `/` (APISIX's directory markers) are left out.
 * A value that is no JSON is kept as a string, so that one broken item neither vanishes nor stops the rest.
 * The identity is `etcd:<cluster id>`, the revision etcd's own.
 *
 * `load` and `watch` reject with `SourceError`, or with the reason of an aborted signal. No connection outlives the call that opened it.
 * Throws a `TypeError` for options that cannot work.
 */
export function etcdSource(options: EtcdSourceOptions): Required<ConfigSource> {
  const endpoints = endpointList(options.endpoints)
  const layout = keyLayout({
    prefix: options.prefix ?? '/apisix',
    domainOf: options.domainOf ?? configurationDomain,
  })
  const credentials = credentialsOf(options)
  const lineage = lineageMemory()
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const heartbeatMs = options.heartbeatMs ?? 2_000

  const open = (endpoint: string, signal: AbortSignal | undefined) =>
    openClient({ endpoint, tls: options.tls, credentials, timeoutMs, signal })

  return {
    name: `${endpoints.name}${layout.prefix}`,

    load: async ({ signal } = {}) =>
      await endpoints.first(signal, async (endpoint) => {
        const client = open(endpoint, signal)
        try {
          const loaded = await loadState(client, layout)
          lineage.remember(loaded.newest)
          return loaded.state
        } finally {
          client.close()
        }
      }),

    watch: ({ from, signal }) => watchState({ endpoints, open, layout, lineage, heartbeatMs, timeoutMs, from, signal }),
  }
}
