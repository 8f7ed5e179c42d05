import { z } from 'zod'
import { groupOfEnvironment } from '../gateway-group.ts'
import { UserError } from '../user-error.ts'
import type { ConfigFile } from './config-file.ts'
import { controlPlaneFromEnvironment, type ControlPlaneLink } from './control-plane-link.ts'
import { etcdBlock, linkFromEtcdBlock, sslBlock } from './etcd-block.ts'
import { fallbackCpSchema, type FallbackCp } from './fallback-cp.ts'
import { parseListenAddress, type ListenAddress } from './listen-address.ts'
import { metricsListen, pluginAttrBlock } from './metrics-block.ts'
import { logLevelOf, nginxBlock, type LogLevel } from './log-level.ts'
import { statusBlock, statusListen } from './status-block.ts'
import { ignoredKeys, refuseLostIndentation } from './unknown-keys.ts'

const port = z.int().min(0).max(65535)

const schema = z.object({
  apisix: z
    .object({
      node_listen: z
        .union(
          [port, z.array(z.union([port, z.object({ ip: z.string().optional(), port })])).min(1)],
          'must be a port, or a list of ports and of { ip, port }',
        )
        .optional(),
      status: statusBlock.optional(),
      ssl: sslBlock.optional(),
      router: z
        .object({
          http: z.enum(['radixtree_host_uri', 'radixtree_uri', 'radixtree_uri_with_parameter']).optional(),
        })
        .optional(),
    })
    .optional(),
  deployment: z
    .object({
      role: z.literal('data_plane', 'must be data_plane for outlast dp').optional(),
      role_data_plane: z.object({ config_provider: z.enum(['etcd', 'yaml', 'json']).optional() }).optional(),
      etcd: etcdBlock.optional(),
      fallback_cp: fallbackCpSchema.optional(),
    })
    .optional(),
  nginx_config: nginxBlock.optional(),
  plugin_attr: pluginAttrBlock.optional(),
})

export interface DataPlaneConfig {
  readonly group: string
  readonly httpListen: readonly ListenAddress[]
  readonly statusListen: ListenAddress
  /** Where metrics are served; `undefined`: nowhere. */
  readonly metricsListen: ListenAddress | undefined
  readonly router: 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'
  /** Level of the log, in pino's words. */
  readonly logLevel: LogLevel
  /** The control plane to follow; `undefined` when the file forces standalone mode or none is known. */
  readonly live: ControlPlaneLink | undefined
  readonly fallback: FallbackCp | undefined
  /** Keys that nothing here reads. */
  readonly ignored: readonly string[]
}

export interface DataPlaneFlags {
  readonly http?: string | undefined
  readonly status?: string | undefined
}

/** The data plane's settings: its `config.yaml`, the environment, and command line flags above both. Throws `UserError`. */
export function dataPlaneConfig(
  file: ConfigFile,
  flags: DataPlaneFlags,
  environment: NodeJS.ProcessEnv,
): DataPlaneConfig {
  refuseLostIndentation(file)
  const parsed = file.parse(schema)
  const { apisix, deployment, nginx_config: nginx, plugin_attr: pluginAttr } = parsed
  const group = groupOfEnvironment(environment)
  if (deployment?.fallback_cp?.mode === 'write') {
    throw file.fault(['deployment', 'fallback_cp', 'mode'], 'a data plane only reads; outlast cp writes the backup')
  }
  if (deployment?.fallback_cp?.signing_key_file !== undefined) {
    throw file.fault(
      ['deployment', 'fallback_cp', 'signing_key_file'],
      'a data plane signs nothing; keep the key away from it, and give trusted_key_files',
    )
  }
  const provider = deployment?.role_data_plane?.config_provider
  const standalone = provider === 'yaml' || provider === 'json'
  const live = standalone
    ? undefined
    : (linkFromEtcdBlock({ file, etcd: deployment?.etcd, ssl: apisix?.ssl, group }) ??
      controlPlaneFromEnvironment(environment, group))
  if (!live && !deployment?.fallback_cp) {
    throw new UserError(
      `${file.path}: nothing to get a configuration from: set deployment.etcd.host or ` +
        'API7_CONTROL_PLANE_ENDPOINTS, or deployment.fallback_cp',
    )
  }
  return {
    group,
    httpListen: flags.http
      ? [parseListenAddress(flags.http, '--http', '0.0.0.0')]
      : nodeListen(file, apisix?.node_listen),
    statusListen: statusListen(file, apisix?.status, flags.status),
    metricsListen: metricsListen(file, pluginAttr),
    router: apisix?.router?.http ?? 'radixtree_host_uri',
    logLevel: logLevelOf(nginx),
    live,
    fallback: deployment?.fallback_cp,
    ignored: ignoredKeys(file.data, parsed),
  }
}

type NodeListen = NonNullable<z.infer<typeof schema>['apisix']>['node_listen']

function nodeListen(file: ConfigFile, value: NodeListen): ListenAddress[] {
  const items = value === undefined ? [9080] : Array.isArray(value) ? value : [value]
  const origin = `${file.path}: apisix.node_listen`
  return items.map((item) =>
    typeof item === 'number'
      ? { host: '0.0.0.0', port: item, origin }
      : { host: item.ip ?? '0.0.0.0', port: item.port, origin },
  )
}
