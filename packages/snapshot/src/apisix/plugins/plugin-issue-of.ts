import type { z } from 'zod'
import type { Entry, JsonValue } from '../../entries/entry.ts'
import { isJsonObject } from '../../entries/json-object.ts'
import { issueWith, type Issue } from '../find-issue.ts'
import { knownPlugins } from './known-plugins.ts'
import type { PluginSchema } from './plugin-schema.ts'
import { isDisabled, metaSchema } from './setting.ts'

/** What is wrong with the settings of a plugin; `path` begins inside them. */
export interface PluginIssue extends Issue {
  readonly plugin: string
}

const plugins: ReadonlyMap<string, PluginSchema> = new Map(knownPlugins.map((plugin) => [plugin.name, plugin]))

/**
 * The first plugin of an entry whose settings APISIX would refuse, or `undefined`. Plugins that are not known are passed
 * over, except for what every plugin takes (`_meta`); so are those that `_meta` disables. Never quotes a value.
 */
export function pluginIssueOf({ kind, id, value }: Entry): PluginIssue | undefined {
  if (kind === 'plugin_metadata') return found(id, plugins.get(id)?.metadata, value)
  const settings = isJsonObject(value) ? value['plugins'] : undefined
  if (settings === undefined || !isJsonObject(settings)) return undefined
  for (const [name, own] of Object.entries(settings)) {
    const issue = issueInSettings(name, own, kind === 'consumers')
    if (issue !== undefined) return issue
  }
  return undefined
}

function issueInSettings(name: string, own: JsonValue, ofConsumer: boolean): PluginIssue | undefined {
  const meta = isJsonObject(own) ? own['_meta'] : undefined
  const inMeta = meta === undefined ? undefined : found(name, metaSchema, meta)
  if (inMeta !== undefined) return { ...inMeta, path: ['_meta', ...inMeta.path] }
  if (isDisabled(own)) return undefined
  const plugin = plugins.get(name)
  const { _meta: _, ...settings } = isJsonObject(own) ? own : {}
  return found(name, (ofConsumer && plugin?.consumerSettings) || plugin?.settings, settings)
}

function found(plugin: string, schema: z.ZodType | undefined, value: JsonValue): PluginIssue | undefined {
  const issue = schema && issueWith(schema, value)
  return issue && { plugin, ...issue }
}
