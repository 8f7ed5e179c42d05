import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { gatewayGroup } from '../gateway-group.ts'
import { exportSchedule, type ExportSchedule } from './export-schedule.ts'
import { fallbackCpSchema, type FallbackCp } from './fallback-cp.ts'
import { parseListenAddress, type ListenAddress } from './listen-address.ts'
import { storeBlock, storePlace, type StorePlace } from './store-block.ts'
import { ignoredKeys, refuseLostIndentation } from './unknown-keys.ts'

const address = z.object({ ip: z.string().min(1).optional(), port: z.int().min(0).max(65535).optional() })

const schema = z.object({
  deployment: z
    .object({
      admin: z
        .object({
          admin_listen: address.optional(),
          admin_key: z
            .array(z.object({ name: z.string().min(1), key: z.string().min(1), role: z.enum(['admin', 'viewer']) }))
            .min(1, 'must not be empty; leave it out to have a key generated')
            .optional(),
        })
        .optional(),
    })
    .optional(),
  dp_manager: z
    .object({
      http: address.optional(),
      https: address.extend({ cert_file: z.string(), key_file: z.string(), ca_file: z.string() }).optional(),
      tokens: z
        .array(z.object({ gateway_group: gatewayGroup, token: z.string().min(16) }))
        .min(1, 'must not be empty; leave it out to have tokens generated')
        .optional(),
    })
    .optional(),
  gateway_groups: z.array(gatewayGroup).min(1, 'must not be empty').optional(),
  store: storeBlock.optional(),
  fallback_cp: fallbackCpSchema.optional(),
})

export interface AdminKey {
  readonly name: string
  readonly key: string
  readonly role: 'admin' | 'viewer'
}

export interface ControlPlaneConfig {
  readonly adminListen: ListenAddress
  /** Absent: generated at the first start. */
  readonly adminKeys: readonly AdminKey[] | undefined
  /** Without TLS; off unless asked for. */
  readonly dataPlaneListen: ListenAddress | undefined
  /** With client certificates. */
  readonly dataPlaneTlsListen:
    | { readonly listen: ListenAddress; readonly certFile: string; readonly keyFile: string; readonly caFile: string }
    | undefined
  /** Absent: generated at the first start, one a gateway group. */
  readonly dataPlaneTokens: readonly { readonly group: string; readonly token: string }[] | undefined
  readonly gatewayGroups: readonly string[]
  readonly store: StorePlace
  readonly fallback: FallbackCp | undefined
  /** When it is exported; absent without `fallback`. */
  readonly schedule: ExportSchedule | undefined
  /** Keys that nothing here reads. */
  readonly ignored: readonly string[]
}

export interface ControlPlaneFlags {
  readonly data: string
  readonly adminListen?: string | undefined
  readonly dpListen?: string | undefined
}

/** The control plane's settings: its `conf.yaml`, with command line flags above it. Throws `UserError`. */
export function controlPlaneConfig(file: ConfigFile, flags: ControlPlaneFlags): ControlPlaneConfig {
  refuseLostIndentation(file)
  const config = file.parse(schema)
  const admin = config.deployment?.admin
  const manager = config.dp_manager
  return {
    adminListen: flags.adminListen
      ? parseListenAddress(flags.adminListen, '--admin-listen', '127.0.0.1')
      : {
          host: admin?.admin_listen?.ip ?? '127.0.0.1',
          port: admin?.admin_listen?.port ?? 9180,
          origin: `${file.path}: deployment.admin.admin_listen`,
        },
    adminKeys: admin?.admin_key,
    dataPlaneListen: flags.dpListen
      ? parseListenAddress(flags.dpListen, '--dp-listen', '127.0.0.1')
      : manager?.http && {
          host: manager.http.ip ?? '127.0.0.1',
          port: manager.http.port ?? 7900,
          origin: `${file.path}: dp_manager.http`,
        },
    dataPlaneTlsListen: manager?.https && {
      listen: {
        host: manager.https.ip ?? '0.0.0.0',
        port: manager.https.port ?? 7943,
        origin: `${file.path}: dp_manager.https`,
      },
      certFile: manager.https.cert_file,
      keyFile: manager.https.key_file,
      caFile: manager.https.ca_file,
    },
    dataPlaneTokens: manager?.tokens?.map(({ gateway_group, token }) => ({ group: gateway_group, token })),
    gatewayGroups: config.gateway_groups ?? ['default'],
    store: storePlace(file, config.store, flags.data),
    fallback: config.fallback_cp,
    schedule: config.fallback_cp && exportSchedule(file, ['fallback_cp'], config.fallback_cp),
    ignored: ignoredKeys(file.data, config),
  }
}
