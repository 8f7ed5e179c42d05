import { z } from 'zod'
import {
  common,
  hostPattern,
  identifier,
  pluginsSchema,
  uniqueStrings,
  type CommonFields,
  type Plugins,
} from './common-fields.ts'
import { upstreamSchema, type Upstream } from './upstream.ts'

/** What routes share. A route's own fields win, plugin by plugin. */
export interface Service extends CommonFields {
  readonly plugins?: Plugins | undefined
  readonly upstream?: Upstream | undefined
  readonly upstream_id?: string | number | undefined
  /** Hosts of routes that have none themselves. */
  readonly hosts?: readonly string[] | undefined
  readonly enable_websocket?: boolean | undefined
  readonly script?: string | undefined
}

export const serviceSchema: z.ZodType<Service> = z.looseObject({
  ...common,
  plugins: pluginsSchema.optional(),
  upstream: upstreamSchema.optional(),
  upstream_id: identifier.optional(),
  hosts: uniqueStrings(z.string().regex(hostPattern, 'is no host name or address')).optional(),
  enable_websocket: z.boolean().optional(),
  script: z.string().min(10).max(102_400).optional(),
})
