/** How the endpoints of an etcd are reached. */
export interface EtcdClientOptions {
  /** Base addresses, tried one by one: `http://127.0.0.1:2379`. */
  readonly endpoints: readonly string[]
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
        /** Whether the server's certificate is checked. Default true; false trusts whoever answers. */
        readonly verify?: boolean | undefined
      }
    | undefined
  /** Deadline of every request, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined
}

export const defaultTimeoutMs = 5_000
