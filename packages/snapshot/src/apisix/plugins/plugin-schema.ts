import type { z } from 'zod'

/** What a plugin takes. Names, bounds and defaults are those of APISIX 3.18 (`apisix/plugins/*.lua`). */
export interface PluginSchema {
  readonly name: string
  /** Higher runs first. */
  readonly priority: number
  /** Authenticates: only such a plugin can be a credential, and in consumers it takes `consumerSettings`. */
  readonly isAuthentication?: boolean | undefined
  /** In routes, services, consumers, …: what stands under the plugin's name. */
  readonly settings: z.ZodType
  /** In consumers and credentials, instead of `settings`. */
  readonly consumerSettings?: z.ZodType | undefined
  /** In `plugin_metadata`. Absent: any object. */
  readonly metadata?: z.ZodType | undefined
}
