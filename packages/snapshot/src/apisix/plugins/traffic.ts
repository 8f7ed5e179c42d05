import { z } from 'zod'
import { identifier, jsonObject } from '../common-fields.ts'
import { methodNames } from '../method-name.ts'
import { uniqueItems } from '../unique-items.ts'
import { uniqueOf } from '../unique-of.ts'
import { upstreamSchema } from '../upstream.ts'
import type { PluginSchema } from './plugin-schema.ts'
import {
  defaulting,
  expression,
  headerNames,
  headerValues,
  holdsSomething,
  off,
  on,
  repeatedHeaderValues,
  something,
  text,
} from './setting.ts'

const percentage = z.int().min(0).max(100).optional()
const conditions = z.array(expression).max(20).optional()
const cacheVariable = z.array(z.string().regex(/^[^$].+$|^\$[0-9a-zA-Z_]+$/, 'is no variable')).min(1)

/** Plugins that decide where a request goes, what becomes of it on the way, and what is answered. */
export const trafficPlugins: readonly PluginSchema[] = [
  {
    name: 'fault-injection',
    priority: 11_000,
    settings: z
      .looseObject({
        abort: z
          .looseObject({
            http_status: z.int().min(200),
            body: z.string().optional(),
            headers: headerValues.optional(),
            percentage,
            vars: conditions,
          })
          .optional(),
        delay: z.looseObject({ duration: z.number().min(0), percentage, vars: conditions }).optional(),
      })
      .refine(holdsSomething, something),
  },
  {
    name: 'mocking',
    priority: 10_900,
    settings: z
      .looseObject({
        delay: defaulting(z.int(), 0),
        response_status: defaulting(z.int().min(100), 200),
        content_type: defaulting(z.string(), 'application/json;charset=utf8'),
        response_example: z.string().optional(),
        response_schema: jsonObject.optional(),
        with_mock_header: on,
        response_headers: headerValues.optional(),
      })
      .refine((value) => value.response_example !== undefined || value.response_schema !== undefined, {
        error: 'needs response_example or response_schema',
      }),
  },
  {
    name: 'proxy-cache',
    priority: 1085,
    settings: z.looseObject({
      cache_strategy: defaulting(z.enum(['disk', 'memory']), 'disk'),
      cache_zone: defaulting(z.string().min(1).max(100), 'disk_cache_one'),
      cache_key: defaulting(cacheVariable, ['$host', '$request_uri']),
      cache_bypass: cacheVariable.optional(),
      no_cache: cacheVariable.optional(),
      cache_method: defaulting(uniqueItems(z.enum(['GET', 'POST', 'HEAD'])), ['GET', 'HEAD']),
      cache_http_status: defaulting(uniqueItems(z.int().min(200).max(599)), [200, 301, 404]),
      cache_ttl: defaulting(z.int().min(1), 300),
      cache_control: off,
      hide_cache_headers: off,
      consumer_isolation: on,
      cache_set_cookie: off,
      max_resp_body_size: defaulting(z.int().min(1), 67_108_864),
    }),
  },
  {
    name: 'proxy-rewrite',
    priority: 1008,
    settings: z
      .looseObject({
        uri: z.string().max(4096).regex(/^\//, 'must begin with a slash').optional(),
        method: z.enum(methodNames).optional(),
        regex_uri: z.array(z.string()).min(2).optional(),
        host: z
          .string()
          .regex(/^[0-9a-zA-Z\-.]+(:\d{1,5})?$/, 'is no host name')
          .optional(),
        headers: z
          .union([
            z
              .strictObject({
                add: repeatedHeaderValues.optional(),
                set: repeatedHeaderValues.optional(),
                remove: headerNames.optional(),
              })
              .refine(holdsSomething, something),
            headerValues,
          ])
          .optional(),
        use_real_request_uri_unsafe: off,
      })
      .refine(holdsSomething, something),
  },
  {
    name: 'traffic-split',
    priority: 966,
    settings: z.looseObject({
      rules: z
        .array(
          z.looseObject({
            match: z.array(z.looseObject({ vars: expression.optional() })).optional(),
            weighted_upstreams: defaulting(
              z
                .array(
                  z.looseObject({
                    upstream_id: identifier.optional(),
                    upstream: upstreamSchema.optional(),
                    weight: defaulting(z.int().min(0), 1),
                  }),
                )
                .min(1)
                .max(20),
              [{ weight: 1 }],
            ),
          }),
        )
        .optional(),
    }),
  },
  {
    name: 'redirect',
    priority: 900,
    settings: z
      .looseObject({
        ret_code: defaulting(z.int().min(200), 302),
        uri: z.string().min(2).optional(),
        regex_uri: z.array(z.string()).length(2).optional(),
        http_to_https: z.boolean().optional(),
        encode_uri: off,
        append_query_string: off,
      })
      .superRefine(uniqueOf(['uri', 'regex_uri', 'http_to_https'], { required: true })),
  },
  {
    name: 'response-rewrite',
    priority: 899,
    settings: z
      .looseObject({
        status_code: z.int().min(200).max(598).optional(),
        body: z.string().optional(),
        body_base64: off,
        headers: z
          .union([
            z.strictObject({
              add: z
                .array(z.string().regex(/^[^:]+:[^:]*[^/]$/, 'is no header'))
                .min(1)
                .optional(),
              set: headerValues.optional(),
              remove: headerNames.optional(),
            }),
            headerValues,
          ])
          .optional(),
        vars: expression.optional(),
        filters: z
          .array(
            z.looseObject({
              regex: text,
              replace: z.string(),
              scope: defaulting(z.enum(['once', 'global']), 'once'),
              options: defaulting(z.string(), 'jo'),
            }),
          )
          .min(1)
          .optional(),
        max_resp_body_size: defaulting(z.int().min(1), 67_108_864),
      })
      .superRefine(uniqueOf(['body', 'filters'])),
  },
]
