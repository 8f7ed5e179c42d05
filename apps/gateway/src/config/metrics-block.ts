import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import type { ListenAddress } from './listen-address.ts'

/** `plugin_attr` of a gateway's file, as far as it says where metrics are. */
export const pluginAttrBlock = z.object({
  prometheus: z
    .object({
      enable_export_server: z.boolean().optional(),
      export_uri: z.string().startsWith('/', 'must be a path such as /metrics').optional(),
      export_addr: z.object({ ip: z.string().optional(), port: z.int().min(0).max(65535).optional() }).optional(),
    })
    .optional(),
})

/** Where metrics are served, beside the status port. */
export interface MetricsExport {
  readonly listen: ListenAddress
  readonly path: string
}

/** 127.0.0.1:9091 and APISIX's path when the file says nothing; `undefined` when it says not to. */
export function metricsExport(
  file: ConfigFile,
  block: z.infer<typeof pluginAttrBlock> | undefined,
): MetricsExport | undefined {
  const { enable_export_server: isEnabled = true, export_uri: path, export_addr: address } = block?.prometheus ?? {}
  if (!isEnabled) return undefined
  return {
    listen: {
      host: address?.ip ?? '127.0.0.1',
      port: address?.port ?? 9091,
      origin: `${file.path}: plugin_attr.prometheus.export_addr`,
    },
    path: path ?? '/apisix/prometheus/metrics',
  }
}
