import { z } from 'zod'
import type { JsonValue } from '../entries/entry.ts'
import type { JsonObject } from '../entries/json-object.ts'
import {
  common,
  host,
  identifier,
  jsonObject,
  pluginsSchema,
  port,
  type CommonFields,
  type Identifier,
  type Plugins,
} from './common-fields.ts'
import { ipAddress } from './ip-address.ts'
import { upstreamSchema, type Upstream } from './upstream.ts'

/** A protocol above TCP that APISIX's xRPC speaks. */
export interface StreamProtocol {
  readonly name: string
  /** The stream route that this one refines. */
  readonly superior_id?: Identifier | undefined
  readonly conf?: JsonObject | undefined
  /** Loggers: `conf` has to be there when `name` is; `filter` is a lua-resty-expr condition. */
  readonly logger?:
    | readonly {
        readonly name?: string | undefined
        readonly filter?: readonly JsonValue[] | undefined
        readonly conf?: JsonObject | undefined
      }[]
    | undefined
}

/** Which TCP or UDP connections go where: kind `stream_routes`. */
export interface StreamRoute extends CommonFields {
  /** Of the client: address or CIDR range. */
  readonly remote_addr?: string | undefined
  /** Address or CIDR range that was connected to. */
  readonly server_addr?: string | undefined
  /** 1 to 65,535. */
  readonly server_port?: number | undefined
  readonly sni?: string | undefined
  readonly upstream?: Upstream | undefined
  readonly upstream_id?: Identifier | undefined
  readonly service_id?: Identifier | undefined
  readonly plugins?: Plugins | undefined
  readonly protocol?: StreamProtocol | undefined
}

const logger = z
  .looseObject({
    name: z.string().optional(),
    filter: z.array(z.custom<JsonValue>()).optional(),
    conf: jsonObject.optional(),
  })
  .refine(({ name, conf }) => name === undefined || conf !== undefined, { error: 'needs conf beside name' })

export const streamRouteSchema: z.ZodType<StreamRoute> = z.looseObject({
  ...common,
  remote_addr: ipAddress.optional(),
  server_addr: ipAddress.optional(),
  server_port: port.optional(),
  sni: host.optional(),
  upstream: upstreamSchema.optional(),
  upstream_id: identifier.optional(),
  service_id: identifier.optional(),
  plugins: pluginsSchema.optional(),
  protocol: z
    .looseObject({
      name: z.string(),
      superior_id: identifier.optional(),
      conf: jsonObject.optional(),
      logger: z.array(logger).optional(),
    })
    .optional(),
})
