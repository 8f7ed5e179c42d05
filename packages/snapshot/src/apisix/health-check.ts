import { z } from 'zod'
import { host, port } from './common-fields.ts'
import { methodNames, type MethodName } from './method-name.ts'
import { uniqueItems } from './unique-items.ts'

/** Probes of each node. Defaults are applied by whoever checks, never written into the configuration. */
export interface ActiveHealthCheck {
  /** Default `http`. */
  readonly type?: 'http' | 'https' | 'tcp' | undefined
  /** Seconds. Default 1. */
  readonly timeout?: number | undefined
  /** How many nodes are probed at the same time. Default 10. */
  readonly concurrency?: number | undefined
  /** For the Host header and SNI; default: the node's own. */
  readonly host?: string | undefined
  /** 1 to 65,535; default: the node's own. */
  readonly port?: number | undefined
  /** Default `GET`. */
  readonly http_method?: MethodName | undefined
  /** Default `/`. */
  readonly http_path?: string | undefined
  /** Default empty. */
  readonly http_req_body?: string | undefined
  /** Default true. */
  readonly https_verify_certificate?: boolean | undefined
  /** Header lines as they are sent, at least one. */
  readonly req_headers?: readonly string[] | undefined
  readonly healthy?:
    | {
        /** Seconds between probes of healthy nodes, from 1. Default 1. */
        readonly interval?: number | undefined
        /** 200 to 599. Default 200 and 302. */
        readonly http_statuses?: readonly number[] | undefined
        /** Successes that make a node healthy, 1 to 254. Default 2. */
        readonly successes?: number | undefined
      }
    | undefined
  readonly unhealthy?:
    | {
        /** Seconds between probes of unhealthy nodes, from 1. Default 1. */
        readonly interval?: number | undefined
        /** 200 to 599. Default 429, 404, and 500 to 505. */
        readonly http_statuses?: readonly number[] | undefined
        /** 1 to 254. Default 5. */
        readonly http_failures?: number | undefined
        /** 1 to 254. Default 2. */
        readonly tcp_failures?: number | undefined
        /** 1 to 254. Default 3. */
        readonly timeouts?: number | undefined
      }
    | undefined
}

/** Judges nodes by real traffic. A counter of 0 is switched off. */
export interface PassiveHealthCheck {
  /** Default `http`. */
  readonly type?: 'http' | 'https' | 'tcp' | undefined
  readonly healthy?:
    | {
        /** 200 to 599. Default 200 to 208, 226, and 300 to 308. */
        readonly http_statuses?: readonly number[] | undefined
        /** 0 to 254. Default 5. */
        readonly successes?: number | undefined
      }
    | undefined
  readonly unhealthy?:
    | {
        /** 200 to 599. Default 429, 500 and 503. */
        readonly http_statuses?: readonly number[] | undefined
        /** 0 to 254. Default 5. */
        readonly http_failures?: number | undefined
        /** 0 to 254. Default 2. */
        readonly tcp_failures?: number | undefined
        /** 0 to 254. Default 7. */
        readonly timeouts?: number | undefined
      }
    | undefined
}

/** `upstream.checks`: passive checks only together with active ones. */
export interface HealthCheck {
  readonly active: ActiveHealthCheck
  readonly passive?: PassiveHealthCheck | undefined
}

const checkType = z.enum(['http', 'https', 'tcp'])
const statuses = uniqueItems(z.int().min(200).max(599))
const interval = z.int().min(1)
const activeCount = z.int().min(1).max(254)
const passiveCount = z.int().min(0).max(254)

const active: z.ZodType<ActiveHealthCheck> = z.looseObject({
  type: checkType.optional(),
  timeout: z.number().optional(),
  concurrency: z.int().optional(),
  host: host.optional(),
  port: port.optional(),
  http_method: z.enum(methodNames).optional(),
  http_path: z.string().optional(),
  http_req_body: z.string().optional(),
  https_verify_certificate: z.boolean().optional(),
  req_headers: z.array(z.string()).min(1).optional(),
  healthy: z
    .looseObject({
      interval: interval.optional(),
      http_statuses: statuses.optional(),
      successes: activeCount.optional(),
    })
    .optional(),
  unhealthy: z
    .looseObject({
      interval: interval.optional(),
      http_statuses: statuses.optional(),
      http_failures: activeCount.optional(),
      tcp_failures: activeCount.optional(),
      timeouts: activeCount.optional(),
    })
    .optional(),
})

const passive: z.ZodType<PassiveHealthCheck> = z.looseObject({
  type: checkType.optional(),
  healthy: z.looseObject({ http_statuses: statuses.optional(), successes: passiveCount.optional() }).optional(),
  unhealthy: z
    .looseObject({
      http_statuses: statuses.optional(),
      http_failures: passiveCount.optional(),
      tcp_failures: passiveCount.optional(),
      timeouts: passiveCount.optional(),
    })
    .optional(),
})

export const healthCheckSchema: z.ZodType<HealthCheck> = z.looseObject({ active, passive: passive.optional() })
