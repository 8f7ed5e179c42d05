import { z } from 'zod'
import type { JsonObject } from '../entries/json-object.ts'
import { certificate, privateKey } from './certificate.ts'
import { boundedText } from './bounded-text.ts'
import { checkUpstream } from './check-upstream.ts'
import {
  common,
  host,
  identifier,
  jsonObject,
  port,
  timeoutSchema,
  type CommonFields,
  type Identifier,
  type Timeout,
} from './common-fields.ts'
import { healthCheckSchema, type HealthCheck } from './health-check.ts'

export interface UpstreamNode {
  readonly host: string
  /** 1 to 65,535. Absent: the port of the scheme. */
  readonly port?: number | undefined
  /** Share of the traffic; 0 takes no new traffic. */
  readonly weight: number
  /** Nodes of a lower priority are used when all of the higher ones are exhausted. Default 0. */
  readonly priority?: number | undefined
  readonly metadata?: JsonObject | undefined
}

/** Either a list, or a map from `host:port` to weight. */
export type UpstreamNodes = readonly UpstreamNode[] | { readonly [address: string]: number }

/** TLS towards the nodes. */
export interface UpstreamTls {
  /** A client certificate among `ssls`; not together with `client_cert`. */
  readonly client_cert_id?: Identifier | undefined
  /** PEM, 128 to 65,536 characters; only together with `client_key`. */
  readonly client_cert?: string | undefined
  /** PEM or APISIX's ciphertext of it, 64 to 65,536 characters; only together with `client_cert`. */
  readonly client_key?: string | undefined
  /** Whether the node's certificate is verified. Default false. */
  readonly verify?: boolean | undefined
}

/** Idle connections to the nodes. */
export interface KeepalivePool {
  /** From 1. Default 320. */
  readonly size?: number | undefined
  /** Seconds, from 0. Default 60. */
  readonly idle_timeout?: number | undefined
  /** Requests after which a connection is closed, from 1. Default 1,000. */
  readonly requests?: number | undefined
}

/** Where requests go: kind `upstreams`, or inside other resources. Defaults are applied by whoever uses an upstream, never written into it. */
export interface Upstream extends CommonFields {
  /** Either `nodes`, or `service_name` with `discovery_type`. */
  readonly nodes?: UpstreamNodes | undefined
  /** 1 to 256 characters; what they mean depends on the kind of discovery. */
  readonly service_name?: string | undefined
  /** `dns`, `consul`, `consul_kv`, `nacos`, `eureka`, `kubernetes`, or another that the gateway has. */
  readonly discovery_type?: string | undefined
  /** What the discovery is asked for besides the name. */
  readonly discovery_args?:
    | { readonly namespace_id?: string | undefined; readonly group_name?: string | undefined }
    | undefined
  /** `roundrobin` (the default), `chash`, `least_conn`, `ewma`, or the name of another balancer. */
  readonly type?: string | undefined
  /** What `chash` hashes. Default `vars`. */
  readonly hash_on?: 'vars' | 'header' | 'cookie' | 'consumer' | 'vars_combinations' | undefined
  /** Name of the variable, header or cookie; `chash` needs it unless it hashes the consumer. */
  readonly key?: string | undefined
  /** Default `http`; in stream routes `tcp`. */
  readonly scheme?: 'http' | 'https' | 'grpc' | 'grpcs' | 'tcp' | 'tls' | 'udp' | 'kafka' | undefined
  /** From 0. Default: one less than there are nodes. */
  readonly retries?: number | undefined
  /** Seconds within which retries may begin; 0 or absent means no limit. */
  readonly retry_timeout?: number | undefined
  readonly timeout?: Timeout | undefined
  readonly tls?: UpstreamTls | undefined
  readonly keepalive_pool?: KeepalivePool | undefined
  /** What the Host header is made of: the client's (`pass`, the default), the node's, or `upstream_host`. */
  readonly pass_host?: 'pass' | 'node' | 'rewrite' | undefined
  /** The Host header when `pass_host` is `rewrite`. */
  readonly upstream_host?: string | undefined
  readonly checks?: HealthCheck | undefined
}

const nodeSchema = z.looseObject({
  host,
  port: port.optional(),
  weight: z.int().min(0),
  priority: z.int().optional(),
  metadata: jsonObject.optional(),
})

const tlsSchema = z
  .looseObject({
    client_cert_id: identifier.optional(),
    client_cert: certificate.optional(),
    client_key: privateKey.optional(),
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
    nodes: z.union([z.array(nodeSchema), z.record(z.string(), z.int().min(0))]).optional(),
    service_name: boundedText({ minimum: 1, maximum: 256 }).optional(),
    discovery_type: z.string().optional(),
    discovery_args: z
      .looseObject({ namespace_id: z.string().optional(), group_name: z.string().optional() })
      .optional(),
    type: z.string().optional(),
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
    upstream_host: host.optional(),
    checks: healthCheckSchema.optional(),
  })
  .superRefine(checkUpstream)
