import { z } from 'zod'
import type { JsonValue } from '../entry.ts'
import {
  common,
  hostPattern,
  identifier,
  pluginsSchema,
  timeoutSchema,
  uniqueOf,
  uniqueStrings,
  type CommonFields,
  type Plugins,
  type Timeout,
} from './common-fields.ts'
import { upstreamSchema, type Upstream } from './upstream.ts'

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PURGE'] as const

/** Which requests go where. Fields and defaults as APISIX's `schema_def.lua`; defaults are applied by whoever uses them. */
export interface Route extends CommonFields {
  readonly uri?: string | undefined
  readonly uris?: readonly string[] | undefined
  readonly host?: string | undefined
  readonly hosts?: readonly string[] | undefined
  readonly remote_addr?: string | undefined
  readonly remote_addrs?: readonly string[] | undefined
  readonly methods?: readonly (typeof methods)[number][] | undefined
  /** Among routes with the same host and path; higher wins. Default 0. */
  readonly priority?: number | undefined
  /** Conditions in the notation of lua-resty-expr. */
  readonly vars?: readonly JsonValue[] | undefined
  /** A Lua function; kept, and for APISIX itself to run. */
  readonly filter_func?: string | undefined
  readonly script?: string | undefined
  readonly script_id?: string | number | undefined
  readonly plugins?: Plugins | undefined
  readonly plugin_config_id?: string | number | undefined
  readonly upstream?: Upstream | undefined
  readonly upstream_id?: string | number | undefined
  readonly service_id?: string | number | undefined
  readonly timeout?: Timeout | undefined
  readonly enable_websocket?: boolean | undefined
  /** 1 (the default) enabled, 0 disabled. */
  readonly status?: 0 | 1 | undefined
}

const host = z.string().regex(hostPattern, 'is no host name or address')
const uri = z.string().min(1).max(4096)
// What an address may be is decided by the matcher; here only what can be none at all.
const address = z.string().regex(/^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/, 'is no address or address range')
const targets = ['plugins', 'upstream', 'upstream_id', 'service_id', 'plugin_config_id', 'script', 'script_id'] as const

export const routeSchema: z.ZodType<Route> = z
  .looseObject({
    ...common,
    uri: uri.optional(),
    uris: uniqueStrings(uri).optional(),
    host: host.optional(),
    hosts: uniqueStrings(host).optional(),
    remote_addr: address.optional(),
    remote_addrs: uniqueStrings(address).optional(),
    methods: z
      .array(z.enum(methods))
      .refine((items) => new Set(items).size === items.length, { error: 'holds an item twice' })
      .optional(),
    priority: z.int().optional(),
    vars: z.array(z.custom<JsonValue>()).optional(),
    filter_func: z
      .string()
      .min(10)
      .regex(/^function/, 'must start with "function"')
      .optional(),
    script: z.string().min(10).max(102_400).optional(),
    script_id: identifier.optional(),
    plugins: pluginsSchema.optional(),
    plugin_config_id: identifier.optional(),
    upstream: upstreamSchema.optional(),
    upstream_id: identifier.optional(),
    service_id: identifier.optional(),
    timeout: timeoutSchema.optional(),
    enable_websocket: z.boolean().optional(),
    status: z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' }).optional(),
  })
  .superRefine(uniqueOf(['uri', 'uris'], { required: true }))
  .superRefine(uniqueOf(['host', 'hosts']))
  .superRefine(uniqueOf(['remote_addr', 'remote_addrs']))
  .refine((route) => targets.some((name) => route[name] !== undefined), {
    error: 'needs at least one of plugins, upstream, upstream_id, service_id or script',
  })
  .refine(
    (route) =>
      (route.script === undefined && route.script_id === undefined) ||
      (route.plugins === undefined && route.plugin_config_id === undefined),
    { error: 'takes a script or plugins, not both' },
  )
