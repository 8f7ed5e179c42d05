import { z } from 'zod'

interface Healthy {
  readonly http_statuses?: readonly number[] | undefined
  readonly successes?: number | undefined
}

interface Unhealthy {
  readonly http_statuses?: readonly number[] | undefined
  readonly http_failures?: number | undefined
  readonly tcp_failures?: number | undefined
  readonly timeouts?: number | undefined
}

/** `upstream.checks`: how nodes are probed (`active`) and judged by real traffic (`passive`, only together with `active`). Intervals and timeouts are seconds. */
export interface HealthCheck {
  readonly active: {
    readonly type?: 'http' | 'https' | 'tcp' | undefined
    readonly timeout?: number | undefined
    readonly concurrency?: number | undefined
    readonly host?: string | undefined
    readonly port?: number | undefined
    readonly http_method?: string | undefined
    readonly http_path?: string | undefined
    readonly http_req_body?: string | undefined
    readonly https_verify_certificate?: boolean | undefined
    readonly req_headers?: readonly string[] | undefined
    readonly healthy?: (Healthy & { readonly interval?: number | undefined }) | undefined
    readonly unhealthy?: (Unhealthy & { readonly interval?: number | undefined }) | undefined
  }
  readonly passive?:
    | {
        readonly type?: 'http' | 'https' | 'tcp' | undefined
        readonly healthy?: Healthy | undefined
        readonly unhealthy?: Unhealthy | undefined
      }
    | undefined
}

const checkType = z.enum(['http', 'https', 'tcp'])
const statuses = z.array(z.int().min(200).max(599)).min(1)
const interval = z.int().min(1)
// An active check needs at least one observation; passive counters are switched off by 0.
const activeCount = z.int().min(1).max(254)
const passiveCount = z.int().min(0).max(254)

const active = z.looseObject({
  type: checkType.optional(),
  timeout: z.number().optional(),
  concurrency: z.int().optional(),
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  http_method: z.string().min(1).optional(),
  http_path: z.string().min(1).optional(),
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

const passive = z.looseObject({
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
