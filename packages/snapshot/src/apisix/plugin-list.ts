import { z } from 'zod'

/** A plugin that is enabled. */
export interface EnabledPlugin {
  /** At least one character. */
  readonly name: string
  /** Whether it is one for TCP and UDP. Default false. */
  readonly stream?: boolean | undefined
}

/** Which plugins are enabled: kind `plugins`, which APISIX keeps as one list; some stores hold one entry for each. */
export type PluginList =
  | readonly EnabledPlugin[]
  | { readonly [Name in keyof EnabledPlugin]?: EnabledPlugin[Name] | undefined }

export const pluginListSchema: z.ZodType<PluginList> = z.union([
  z.array(z.looseObject({ name: z.string().min(1), stream: z.boolean().optional() })),
  z.looseObject({ name: z.string().min(1).optional(), stream: z.boolean().optional() }),
])
