import type { ConfigSource, Domain } from '@outlast/snapshot'

export interface EtcdSourceOptions {
  /** Base addresses, tried one by one: `http://127.0.0.1:2379`. */
  readonly endpoints: readonly string[]
  /** Everything below belongs to the configuration: `/apisix`, `/gateway_groups/default`. Default `/apisix`. */
  readonly prefix?: string | undefined
  /** Sent as the `Authorization` header. */
  readonly token?: string | undefined
  /** etcd's own authentication; a token is fetched with them, and again when it has expired. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** PEM contents for endpoints with `https:`. */
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly cert?: string | undefined
        readonly key?: string | undefined
        readonly serverName?: string | undefined
      }
    | undefined
  /** Which domain a kind belongs to. Default: APISIX's. */
  readonly domainOf?: ((kind: string) => Domain) | undefined
  /** Deadline of every request, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined
  /** How often a watched source is asked whether it is still there. Default 2,000 ms. */
  readonly heartbeatMs?: number | undefined
}

export declare function etcdSource(options: EtcdSourceOptions): ConfigSource
