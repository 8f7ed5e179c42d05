import { z } from 'zod'
import { common, pluginsSchema, type CommonFields, type Plugins } from './common-fields.ts'

/** Plugins that routes share: kind `plugin_configs`. They fill in names that a route does not configure itself. */
export interface PluginConfig extends CommonFields {
  /** Here APISIX allows any string. */
  readonly name?: string | undefined
  readonly plugins: Plugins
}

export const pluginConfigSchema: z.ZodType<PluginConfig> = z.looseObject({
  ...common,
  name: z.string().optional(),
  plugins: pluginsSchema,
})

/** Plugins that consumers share: kind `consumer_groups`. */
export interface ConsumerGroup extends CommonFields {
  readonly plugins: Plugins
}

export const consumerGroupSchema: z.ZodType<ConsumerGroup> = z.looseObject({ ...common, plugins: pluginsSchema })

/** Plugins that run for every request: kind `global_rules`. */
export interface GlobalRule extends Pick<CommonFields, 'id' | 'create_time' | 'update_time'> {
  readonly plugins: Plugins
}

export const globalRuleSchema: z.ZodType<GlobalRule> = z.looseObject({
  id: common.id,
  create_time: common.create_time,
  update_time: common.update_time,
  plugins: pluginsSchema,
})
