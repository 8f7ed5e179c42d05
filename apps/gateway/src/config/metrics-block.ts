import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import type { ListenAddress } from './listen-address.ts'

/** `plugin_attr` of a gateway's file, as far as it says where metrics are. */
export const pluginAttrBlock = z.object({
  prometheus: z
    .object({
      enable_export_server: z.boolean().optional(),
      export_addr: z.object({ ip: z.string().optional(), port: z.int().min(0).max(65535).optional() }).optional(),
    })
    .optional(),
})

/** Where metrics are served, 127.0.0.1:9091 when the file says nothing; `undefined` when it says not to. */
export function metricsListen(
  file: ConfigFile,
  block: z.infer<typeof pluginAttrBlock> | undefined,
): ListenAddress | undefined {
  const { enable_export_server: isEnabled = true, export_addr: address } = block?.prometheus ?? {}
  if (!isEnabled) return undefined
  return {
    host: address?.ip ?? '127.0.0.1',
    port: address?.port ?? 9091,
    origin: `${file.path}: plugin_attr.prometheus.export_addr`,
  }
}
