import { z } from 'zod'
import { uniqueItems } from '../unique-items.ts'
import type { PluginSchema } from './plugin-schema.ts'
import { answerStatus, countOrVariable, defaulting, off, on, positiveOrVariable, text } from './setting.ts'

type Fields = Readonly<Record<string, unknown>>

const rejection = { rejected_code: answerStatus(503), rejected_msg: text.optional(), allow_degradation: off }

// Where counters are kept, and what must be said about it (`apisix/utils/redis-schema.lua`).
const needs: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  ['redis', ['redis_host']],
  ['redis-cluster', ['redis_cluster_nodes', 'redis_cluster_name']],
  ['redis-sentinel', ['redis_sentinels', 'redis_master_name']],
])

function requirePolicyFields(value: Fields, context: z.RefinementCtx): void {
  for (const name of needs.get(value['policy']) ?? []) {
    if (value[name] === undefined) {
      context.addIssue({ code: 'custom', path: [name], message: 'is needed by this policy' })
    }
  }
}

/** APISIX takes either the settings themselves or `rules`, and not both. */
function requireEither(own: readonly string[]) {
  return (value: Fields, context: z.RefinementCtx): void => {
    const hasRules = value['rules'] !== undefined
    const missing = own.filter((name) => value[name] === undefined)
    if (!hasRules && missing.length > 0) {
      context.addIssue({ code: 'custom', message: `needs ${missing.join(' and ')}, or rules` })
    }
    if (hasRules && missing.length === 0) {
      context.addIssue({ code: 'custom', message: `takes ${own.join(', ')} or rules, not both` })
    }
  }
}

const byVariable = defaulting(z.enum(['var', 'var_combination']), 'var')
const policy = defaulting(z.enum(['local', 'redis', 'redis-cluster']), 'local')
const errorStatuses = (minimum: number, maximum: number) => uniqueItems(z.int().min(minimum).max(maximum))

/** Plugins that let through so many requests, and no more. */
export const limitPlugins: readonly PluginSchema[] = [
  {
    name: 'api-breaker',
    priority: 1005,
    settings: z.looseObject({
      break_response_code: z.int().min(200).max(599),
      break_response_body: z.string().optional(),
      break_response_headers: z.array(z.looseObject({ key: text, value: text })).optional(),
      max_breaker_sec: defaulting(z.int().min(3), 300),
      unhealthy: z
        .looseObject({
          http_statuses: defaulting(errorStatuses(500, 599), [500]),
          failures: defaulting(z.int().min(1), 3),
        })
        .optional(),
      healthy: z
        .looseObject({
          http_statuses: defaulting(errorStatuses(200, 499), [200]),
          successes: defaulting(z.int().min(1), 3),
        })
        .optional(),
    }),
  },
  {
    name: 'limit-conn',
    priority: 1003,
    settings: z
      .looseObject({
        conn: positiveOrVariable.optional(),
        burst: countOrVariable.optional(),
        default_conn_delay: z.number().positive(),
        only_use_default_delay: off,
        key: z.string().optional(),
        key_type: byVariable,
        policy,
        ...rejection,
        rules: z.array(z.looseObject({ conn: positiveOrVariable, burst: countOrVariable, key: z.string() })).optional(),
      })
      .superRefine(requireEither(['conn', 'burst', 'key']))
      .superRefine(requirePolicyFields),
  },
  {
    name: 'limit-count',
    priority: 1002,
    settings: z
      .looseObject({
        count: positiveOrVariable.optional(),
        time_window: positiveOrVariable.optional(),
        window_type: defaulting(z.enum(['fixed', 'sliding']), 'fixed'),
        rules: z
          .array(
            z.looseObject({
              count: positiveOrVariable,
              time_window: positiveOrVariable,
              key: z.string(),
              header_prefix: z.string().optional(),
            }),
          )
          .optional(),
        group: z.string().optional(),
        key: defaulting(z.string(), 'remote_addr'),
        key_type: defaulting(z.enum(['var', 'var_combination', 'constant']), 'var'),
        policy: defaulting(z.enum(['local', 'redis', 'redis-cluster', 'redis-sentinel']), 'local'),
        show_limit_quota_header: on,
        sync_interval: defaulting(z.number(), -1),
        ...rejection,
      })
      .superRefine(requireEither(['count', 'time_window']))
      .superRefine(requirePolicyFields),
    metadata: z.looseObject({
      limit_header: defaulting(z.string(), 'X-RateLimit-Limit'),
      remaining_header: defaulting(z.string(), 'X-RateLimit-Remaining'),
      reset_header: defaulting(z.string(), 'X-RateLimit-Reset'),
    }),
  },
  {
    name: 'limit-req',
    priority: 1001,
    settings: z
      .looseObject({
        rate: z.number().positive(),
        burst: z.number().min(0),
        key: z.string(),
        key_type: byVariable,
        policy,
        nodelay: off,
        ...rejection,
      })
      .superRefine(requirePolicyFields),
  },
]
