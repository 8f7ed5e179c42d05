import { z } from 'zod'
import type { JsonValue } from '../entries/entry.ts'
import { boundedText } from './bounded-text.ts'
import {
  common,
  host,
  identifier,
  pluginsSchema,
  script,
  status,
  timeoutSchema,
  type CommonFields,
  type Identifier,
  type Plugins,
  type Timeout,
} from './common-fields.ts'
import { ipAddress } from './ip-address.ts'
import { methodNames, type MethodName } from './method-name.ts'
import { uniqueItems } from './unique-items.ts'
import { uniqueOf } from './unique-of.ts'
import { upstreamSchema, type Upstream } from './upstream.ts'

/** Which requests go where: kind `routes`. Defaults are applied by whoever uses a route, never written into it. */
export interface Route extends CommonFields {
  /** Exactly one of `uri` (1 to 4,096 characters) and `uris`. */
  readonly uri?: string | undefined
  /** At least one, none twice. */
  readonly uris?: readonly string[] | undefined
  /** At most one of `host` and `hosts`; default: the service's, or any. */
  readonly host?: string | undefined
  /** At least one, none twice. */
  readonly hosts?: readonly string[] | undefined
  /** Address or CIDR range of the client; at most one of `remote_addr` and `remote_addrs`. */
  readonly remote_addr?: string | undefined
  /** At least one, none twice. */
  readonly remote_addrs?: readonly string[] | undefined
  /** None twice. Default: all. */
  readonly methods?: readonly MethodName[] | undefined
  /** Among routes with the same host and path; higher wins. Default 0. */
  readonly priority?: number | undefined
  /** Conditions in the notation of lua-resty-expr. */
  readonly vars?: readonly JsonValue[] | undefined
  /** A Lua function, at least 10 characters that begin with `function`; kept, and for APISIX itself to run. */
  readonly filter_func?: string | undefined
  /** Lua, for APISIX itself to run: 10 to 102,400 characters. Not together with `plugins` or `plugin_config_id`. */
  readonly script?: string | undefined
  readonly script_id?: Identifier | undefined
  readonly plugins?: Plugins | undefined
  /** Plugins for names that `plugins` does not hold. */
  readonly plugin_config_id?: Identifier | undefined
  readonly upstream?: Upstream | undefined
  readonly upstream_id?: Identifier | undefined
  readonly service_id?: Identifier | undefined
  /** Instead of the upstream's. */
  readonly timeout?: Timeout | undefined
  /** Default: the service's, or false. */
  readonly enable_websocket?: boolean | undefined
  /** 1 (the default) enabled, 0 disabled. */
  readonly status?: 0 | 1 | undefined
}

const targets = ['plugins', 'upstream', 'upstream_id', 'service_id', 'script'] as const

export const routeSchema: z.ZodType<Route> = z
  .looseObject({
    ...common,
    uri: boundedText({ minimum: 1, maximum: 4096 }).optional(),
    uris: uniqueItems(z.string()).optional(),
    host: host.optional(),
    hosts: uniqueItems(host).optional(),
    remote_addr: ipAddress.optional(),
    remote_addrs: uniqueItems(ipAddress).optional(),
    methods: uniqueItems(z.enum(methodNames), { minimum: 0 }).optional(),
    priority: z.int().optional(),
    vars: z.array(z.custom<JsonValue>()).optional(),
    filter_func: z
      .string()
      .min(10)
      .regex(/^function/, 'must start with "function"')
      .optional(),
    script: script.optional(),
    script_id: identifier.optional(),
    plugins: pluginsSchema.optional(),
    plugin_config_id: identifier.optional(),
    upstream: upstreamSchema.optional(),
    upstream_id: identifier.optional(),
    service_id: identifier.optional(),
    timeout: timeoutSchema.optional(),
    enable_websocket: z.boolean().optional(),
    status: status.optional(),
  })
  .superRefine(uniqueOf(['uri', 'uris'], { required: true }))
  .superRefine(uniqueOf(['host', 'hosts']))
  .superRefine(uniqueOf(['remote_addr', 'remote_addrs']))
  .refine((route) => targets.some((name) => route[name] !== undefined), {
    error: 'needs at least one of plugins, upstream, upstream_id, service_id or script',
  })
  .refine(
    (route) => route.script === undefined || (route.plugins === undefined && route.plugin_config_id === undefined),
    { error: 'takes a script or plugins, not both' },
  )
