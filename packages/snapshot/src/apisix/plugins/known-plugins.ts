import { authenticationPlugins } from './authentication.ts'
import { limitPlugins } from './limit.ts'
import type { PluginSchema } from './plugin-schema.ts'
import { responsePlugins } from './response.ts'
import { restrictionPlugins } from './restriction.ts'
import { trafficPlugins } from './traffic.ts'

/**
 * The plugins of APISIX whose settings are known here, in the order in which they run. Others may be configured as well:
 * only the gateway that has them knows what they take.
 */
export const knownPlugins: readonly PluginSchema[] = [
  ...authenticationPlugins,
  ...limitPlugins,
  ...responsePlugins,
  ...restrictionPlugins,
  ...trafficPlugins,
].toSorted((left, right) => right.priority - left.priority)
