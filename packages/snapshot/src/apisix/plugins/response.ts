import { z } from 'zod'
import { jsonObject } from '../common-fields.ts'
import { uniqueItems } from '../unique-items.ts'
import type { PluginSchema } from './plugin-schema.ts'
import { defaulting, expression, off, on, text } from './setting.ts'

const origins = z.string().regex(/^(\*\*?|null|\w+:\/\/[^,]+(,\w+:\/\/[^,]+)*)$/, 'is no list of origins')
const patterns = uniqueItems(z.string().min(1).max(4096))
const attribute = z.union([z.boolean(), z.number(), z.string()])
const attributes = z.record(z.string(), attribute)
const samplers = ['always_on', 'always_off', 'trace_id_ratio'] as const
const fraction = defaulting(z.number(), 0)

/** Plugins that mark answers, shrink them, and tell of them. */
export const responsePlugins: readonly PluginSchema[] = [
  {
    name: 'request-id',
    priority: 12_015,
    settings: z.looseObject({
      header_name: defaulting(z.string(), 'X-Request-Id'),
      include_in_response: on,
      algorithm: defaulting(z.enum(['uuid', 'nanoid', 'range_id', 'ksuid', 'uuidv7']), 'uuid'),
      range_id: z
        .looseObject({
          length: defaulting(z.int().min(6), 16),
          char_set: defaulting(z.string().min(6), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIGKLMNOPQRSTUVWXYZ0123456789'),
        })
        .optional(),
    }),
  },
  {
    name: 'opentelemetry',
    priority: 12_009,
    settings: z.looseObject({
      sampler: z
        .looseObject({
          name: defaulting(z.enum([...samplers, 'parent_base']), 'always_off'),
          options: z
            .looseObject({
              fraction,
              root: z
                .looseObject({
                  name: defaulting(z.enum(samplers), 'always_off'),
                  options: z.looseObject({ fraction }).optional(),
                })
                .optional(),
            })
            .optional(),
        })
        .optional(),
      additional_attributes: z.array(text).optional(),
      additional_header_prefix_attributes: z.array(text).optional(),
    }),
    metadata: z.looseObject({
      trace_id_source: defaulting(z.enum(['x-request-id', 'random']), 'random'),
      resource: attributes.optional(),
      collector: z
        .looseObject({
          address: defaulting(z.string(), '127.0.0.1:4318'),
          request_timeout: defaulting(z.int(), 3),
          request_headers: attributes.optional(),
        })
        .optional(),
      batch_span_processor: jsonObject.optional(),
      set_ngx_var: off,
    }),
  },
  {
    name: 'cors',
    priority: 4000,
    settings: z.looseObject({
      allow_origins: defaulting(origins, '*'),
      allow_methods: defaulting(z.string(), '*'),
      allow_headers: defaulting(z.string(), '*'),
      expose_headers: z.string().optional(),
      max_age: defaulting(z.int(), 5),
      allow_credential: off,
      allow_origins_by_regex: patterns.optional(),
      allow_origins_by_metadata: patterns.optional(),
      timing_allow_origins: origins.optional(),
      timing_allow_origins_by_regex: patterns.optional(),
    }),
    metadata: z.looseObject({ allow_origins: z.record(z.string(), origins).optional() }),
  },
  {
    name: 'gzip',
    priority: 995,
    settings: z.looseObject({
      types: defaulting(z.union([z.array(text).min(1), z.literal('*')]), ['text/html']),
      min_length: defaulting(z.int().min(1), 20),
      comp_level: defaulting(z.int().min(1).max(9), 1),
      http_version: defaulting(z.literal([1.1, 1.0]), 1.1),
      buffers: z
        .looseObject({ number: defaulting(z.int().min(1), 32), size: defaulting(z.int().min(1), 4096) })
        .optional(),
      vary: z.boolean().optional(),
    }),
  },
  { name: 'prometheus', priority: 500, settings: z.looseObject({ prefer_name: off }) },
  {
    name: 'http-logger',
    priority: 410,
    settings: z.looseObject({
      uri: z.string().regex(/^[^/]+:\/\//, 'is no URI'),
      auth_header: z.string().optional(),
      timeout: defaulting(z.int().min(1), 3),
      log_format: jsonObject.optional(),
      log_format_extra: jsonObject.optional(),
      include_req_body: off,
      include_req_body_expr: z.array(expression).min(1).optional(),
      include_resp_body: off,
      include_resp_body_expr: z.array(expression).min(1).optional(),
      max_req_body_bytes: defaulting(z.int().min(1), 524_288),
      max_resp_body_bytes: defaulting(z.int().min(1), 524_288),
      concat_method: defaulting(z.enum(['json', 'new_line']), 'json'),
      ssl_verify: off,
      name: z.string().optional(),
      batch_max_size: defaulting(z.int().min(1), 1000),
      inactive_timeout: defaulting(z.int().min(1), 5),
      buffer_duration: defaulting(z.int().min(1), 60),
      max_retry_count: defaulting(z.int().min(0), 0),
      retry_delay: defaulting(z.int().min(0), 1),
    }),
    metadata: z.looseObject({ log_format: jsonObject.optional(), log_format_extra: jsonObject.optional() }),
  },
]
