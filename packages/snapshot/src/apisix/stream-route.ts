import { z } from 'zod'
import { common, identifier, jsonObject, pluginsSchema } from './common-fields.ts'
import { upstreamSchema } from './upstream.ts'

/** Which TCP or UDP connections go where. */
export const streamRouteSchema: z.ZodType = z.looseObject({
  ...common,
  remote_addr: z.string().min(1).optional(),
  server_addr: z.string().min(1).optional(),
  server_port: z.int().min(0).max(65_535).optional(),
  sni: z.string().min(1).optional(),
  upstream: upstreamSchema.optional(),
  upstream_id: identifier.optional(),
  service_id: identifier.optional(),
  plugins: pluginsSchema.optional(),
  protocol: z
    .looseObject({
      name: z.string().min(1),
      superior_id: identifier.optional(),
      conf: jsonObject.optional(),
      logger: z.array(jsonObject).optional(),
    })
    .optional(),
})
