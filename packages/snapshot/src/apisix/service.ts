import { z } from 'zod'
import {
  common,
  host,
  identifier,
  pluginsSchema,
  script,
  type CommonFields,
  type Identifier,
  type Plugins,
} from './common-fields.ts'
import { uniqueItems } from './unique-items.ts'
import { upstreamSchema, type Upstream } from './upstream.ts'

/** What routes share: kind `services`. A route's own fields win, plugin by plugin. */
export interface Service extends CommonFields {
  readonly plugins?: Plugins | undefined
  readonly upstream?: Upstream | undefined
  readonly upstream_id?: Identifier | undefined
  /** Hosts of routes that have none themselves: at least one, none twice. */
  readonly hosts?: readonly string[] | undefined
  readonly enable_websocket?: boolean | undefined
  /** Lua, for APISIX itself to run: 10 to 102,400 characters. */
  readonly script?: string | undefined
}

export const serviceSchema: z.ZodType<Service> = z.looseObject({
  ...common,
  plugins: pluginsSchema.optional(),
  upstream: upstreamSchema.optional(),
  upstream_id: identifier.optional(),
  hosts: uniqueItems(host).optional(),
  enable_websocket: z.boolean().optional(),
  script: script.optional(),
})
