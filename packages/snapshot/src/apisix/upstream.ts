import { z } from 'zod'
import type { JsonValue } from '../entry.ts'
import {
  common,
  hostPattern,
  jsonObject,
  timeoutSchema,
  uniqueOf,
  type CommonFields,
  type Timeout,
} from './common-fields.ts'
import { healthCheckSchema, type HealthCheck } from './health-check.ts'

export interface UpstreamNode {
  readonly host: string
  /** Absent: the port of the scheme. */
  readonly port?: number | undefined
  /** Share of the traffic; 0 takes no new traffic. */
  readonly weight: number
  /** Nodes of a lower priority are used when all of the higher ones are exhausted. Default 0. */
  readonly priority?: number | undefined
  readonly metadata?: { readonly [name: string]: JsonValue } | undefined
}

/** Either a list, or a map from `host:port` to weight. */
export type UpstreamNodes = readonly UpstreamNode[] | { readonly [address: string]: number }

/** Where requests go. Fields and defaults as APISIX's `schema_def.lua`; defaults are applied by whoever uses them. */
export interface Upstream extends CommonFields {
  readonly nodes?: UpstreamNodes | undefined
  readonly service_name?: string | undefined
  readonly discovery_type?: string | undefined
  readonly discovery_args?: { readonly [name: string]: JsonValue } | undefined
  /** `roundrobin` (the default), `chash`, `least_conn`, `ewma`, or the name of another balancer. */
  readonly type?: string | undefined
  /** Default `vars`. */
  readonly hash_on?: 'vars' | 'header' | 'cookie' | 'consumer' | 'vars_combinations' | undefined
  readonly key?: string | undefined
  /** Default `http`. */
  readonly scheme?: 'http' | 'https' | 'grpc' | 'grpcs' | 'tcp' | 'tls' | 'udp' | 'kafka' | undefined
  /** Default: one less than there are nodes. */
  readonly retries?: number | undefined
  /** Seconds within which retries may begin; 0 or absent means no limit. */
  readonly retry_timeout?: number | undefined
  readonly timeout?: Timeout | undefined
  readonly tls?:
    | {
        readonly client_cert_id?: string | number | undefined
        readonly client_cert?: string | undefined
        readonly client_key?: string | undefined
        readonly verify?: boolean | undefined
      }
    | undefined
  readonly keepalive_pool?:
    | {
        readonly size?: number | undefined
        /** Seconds. */
        readonly idle_timeout?: number | undefined
        readonly requests?: number | undefined
      }
    | undefined
  /** What the Host header is made of: the client's (`pass`, the default), the node's, or `upstream_host`. */
  readonly pass_host?: 'pass' | 'node' | 'rewrite' | undefined
  readonly upstream_host?: string | undefined
  readonly checks?: HealthCheck | undefined
}

const nodeSchema = z.looseObject({
  host: z.string().regex(hostPattern, 'is no host name or address'),
  port: z.int().min(1).max(65_535).optional(),
  weight: z.int().min(0),
  priority: z.int().optional(),
  metadata: jsonObject.optional(),
})

const tlsSchema = z
  .looseObject({
    client_cert_id: z.union([z.string().min(1), z.int().min(1)]).optional(),
    client_cert: z.string().min(128).max(65_536).optional(),
    client_key: z.string().min(64).max(65_536).optional(),
    verify: z.boolean().optional(),
  })
  .refine((tls) => (tls.client_cert === undefined) === (tls.client_key === undefined), {
    error: 'needs client_cert and client_key together',
  })
  .refine((tls) => tls.client_cert_id === undefined || tls.client_cert === undefined, {
    error: 'takes client_cert_id or client_cert, not both',
  })

export const upstreamSchema: z.ZodType<Upstream> = z
  .looseObject({
    ...common,
    nodes: z.union([z.array(nodeSchema), z.record(z.string().min(1), z.int().min(0))]).optional(),
    service_name: z.string().min(1).max(256).optional(),
    discovery_type: z.string().min(1).optional(),
    discovery_args: jsonObject.optional(),
    type: z.string().min(1).optional(),
    hash_on: z.enum(['vars', 'header', 'cookie', 'consumer', 'vars_combinations']).optional(),
    key: z.string().optional(),
    scheme: z.enum(['http', 'https', 'grpc', 'grpcs', 'tcp', 'tls', 'udp', 'kafka']).optional(),
    retries: z.int().min(0).optional(),
    retry_timeout: z.number().min(0).optional(),
    timeout: timeoutSchema.optional(),
    tls: tlsSchema.optional(),
    keepalive_pool: z
      .looseObject({
        size: z.int().min(1).optional(),
        idle_timeout: z.number().min(0).optional(),
        requests: z.int().min(1).optional(),
      })
      .optional(),
    pass_host: z.enum(['pass', 'node', 'rewrite']).optional(),
    upstream_host: z.string().regex(hostPattern, 'is no host name or address').optional(),
    checks: healthCheckSchema.optional(),
  })
  .superRefine(uniqueOf(['nodes', 'service_name'], { required: true }))
  .refine((upstream) => upstream.service_name === undefined || upstream.discovery_type !== undefined, {
    error: 'needs discovery_type beside service_name',
  })
