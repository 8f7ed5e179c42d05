import { z } from 'zod'

interface ConsulCommon {
  /** URLs, at least one. */
  readonly servers: readonly string[]
  /** Default empty. */
  readonly token?: string | undefined
  /** Seconds, from 1; without `keepalive`. Default 3. */
  readonly fetch_interval?: number | undefined
  /** Whether changes are waited for instead of asked for. Default true. */
  readonly keepalive?: boolean | undefined
  /** Of nodes that have none, from 1. Default 1. */
  readonly weight?: number | undefined
  /** From 1. `connect` and `read` are milliseconds (default 2,000), `wait` is seconds (default 60). */
  readonly timeout?:
    | { readonly connect?: number | undefined; readonly read?: number | undefined; readonly wait?: number | undefined }
    | undefined
  /** Keeps the last known nodes in a file on the node. */
  readonly dump?:
    | {
        /** At least one character. */
        readonly path: string
        /** Default true. */
        readonly load_on_init?: boolean | undefined
        /** Seconds; 0 (the default) is never. */
        readonly expire?: number | undefined
      }
    | undefined
  /** The node to use when nothing is known. */
  readonly default_service?:
    | {
        readonly host?: string | undefined
        readonly port?: number | undefined
        /** Each 1 by default; `fail_timeout` is seconds. */
        readonly metadata?:
          | {
              readonly fail_timeout?: number | undefined
              readonly weight?: number | undefined
              readonly max_fails?: number | undefined
            }
          | undefined
      }
    | undefined
}

/** Discovery by Consul's catalog: kind `discovery`, id `consul`. */
export interface ConsulDiscovery extends ConsulCommon {
  /** Default `origin`. */
  readonly sort_type?: 'origin' | 'host_sort' | 'port_sort' | 'combine_sort' | undefined
  /** Names that are passed over, at least one. */
  readonly skip_services?: readonly string[] | undefined
  /** Of the shared memory, like `64m` (the default). */
  readonly shared_size?: string | undefined
}

/** Discovery by Consul's key-value store: kind `discovery`, id `consul_kv`. */
export interface ConsulKvDiscovery extends ConsulCommon {
  /** Default `upstreams`. */
  readonly prefix?: string | undefined
  /** Keys that are passed over, at least one. */
  readonly skip_keys?: readonly string[] | undefined
}

const fromOne = z.int().min(1).optional()
const integer = z.int().optional()

const shape = {
  servers: z.array(z.string()).min(1),
  token: z.string().optional(),
  fetch_interval: fromOne,
  keepalive: z.boolean().optional(),
  weight: fromOne,
  timeout: z.looseObject({ connect: fromOne, read: fromOne, wait: fromOne }).optional(),
  dump: z.looseObject({ path: z.string().min(1), load_on_init: z.boolean().optional(), expire: integer }).optional(),
  default_service: z
    .looseObject({
      host: z.string().optional(),
      port: integer,
      metadata: z.looseObject({ fail_timeout: integer, weight: integer, max_fails: integer }).optional(),
    })
    .optional(),
}

export const consulDiscoverySchema: z.ZodType<ConsulDiscovery> = z.looseObject({
  ...shape,
  sort_type: z.enum(['origin', 'host_sort', 'port_sort', 'combine_sort']).optional(),
  skip_services: z.array(z.string()).min(1).optional(),
  shared_size: z
    .string()
    .regex(/^[1-9][0-9]*m$/, 'must be like 64m')
    .optional(),
})

export const consulKvDiscoverySchema: z.ZodType<ConsulKvDiscovery> = z.looseObject({
  ...shape,
  prefix: z.string().optional(),
  skip_keys: z.array(z.string()).min(1).optional(),
})
