import { z } from 'zod'
import { common, pluginsSchema } from './common-fields.ts'

/** Plugins under a name of their own: kinds `plugin_configs` and `consumer_groups`. */
export const pluginSetSchema: z.ZodType = z.looseObject({ ...common, plugins: pluginsSchema })

/** Plugins that run for every request. */
export const globalRuleSchema: z.ZodType = z.looseObject({ ...common, plugins: pluginsSchema })

/** Which plugins are enabled: kind `plugins`, which APISIX keeps as one list. */
export const pluginListSchema: z.ZodType = z.union([
  z.array(z.looseObject({ name: z.string().min(1), stream: z.boolean().optional() })),
  z.looseObject({ name: z.string().min(1).optional(), stream: z.boolean().optional() }),
])
