import type { PaceInForce } from '@outlast/dataplane'
import { z } from 'zod'
import { groupOfEnvironment } from '../gateway-group.ts'
import { milliseconds } from '../storage/milliseconds.ts'
import { UserError } from '../user-error.ts'
import type { ConfigFile } from './config-file.ts'
import { controlPlaneFromEnvironment, type ControlPlaneLink } from './control-plane-link.ts'
import { etcdBlock, linkFromEtcdBlock, sslBlock } from './etcd-block.ts'
import { fallbackCpSchema, fallbackField, type FallbackCp } from './fallback-cp.ts'
import { parseListenAddress, type ListenAddress } from './listen-address.ts'
import { metricsExport, pluginAttrBlock, type MetricsExport } from './metrics-block.ts'
import { logLevelOf, nginxBlock, type LogLevel } from './log-level.ts'
import { paceKeys, paceOf } from './pace-block.ts'
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
      role_data_plane: z
        .object({
          config_provider: z.enum(['etcd', 'yaml', 'json']).optional(),
          /** Seconds. */
          boot_timeout: z
            .number('must be a number of seconds')
            .min(0, 'must not be below 0')
            .max(3_600, 'must be at most an hour: 3600')
            .optional(),
          ...paceKeys,
        })
        .optional(),
      etcd: etcdBlock.optional(),
      fallback_cp: fallbackCpSchema.optional(),
    })
    .optional(),
  nginx_config: nginxBlock.optional(),
  plugin_attr: pluginAttrBlock.optional(),
})

/** What every node is told that runs an importer. */
export interface NodeConfig {
  readonly group: string
  readonly statusListen: ListenAddress
  /** Where metrics are served beside the status port; `undefined`: nowhere. */
  readonly metrics: MetricsExport | undefined
  /** Level of the log, in pino's words. */
  readonly logLevel: LogLevel
  /** The control plane to follow; `undefined` when the file forces standalone mode or none is known. */
  readonly live: ControlPlaneLink | undefined
  readonly fallback: FallbackCp | undefined
  /** How long a start waits for who has not answered; `undefined`: the importer's default. */
  readonly bootTimeoutMs: number | undefined
  /** How often stores are read; `undefined`: the importer's default. */
  readonly pollIntervalMs: number | undefined
  /** How soon the node goes along with what is new. */
  readonly pace: PaceInForce
  /** Keys that nothing here reads. */
  readonly ignored: readonly string[]
}

/** … and what is for its proxy. */
export interface DataPlaneConfig extends NodeConfig {
  readonly httpListen: readonly ListenAddress[]
  readonly router: 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'
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
    throw file.fault([...fallbackField, 'mode'], 'a data plane only reads; outlast cp writes the backup')
  }
  if (deployment?.fallback_cp?.signing_key_file !== undefined) {
    throw file.fault(
      [...fallbackField, 'signing_key_file'],
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
    metrics: metricsExport(file, pluginAttr),
    router: apisix?.router?.http ?? 'radixtree_host_uri',
    logLevel: logLevelOf(nginx),
    live,
    fallback: deployment?.fallback_cp,
    bootTimeoutMs: milliseconds(deployment?.role_data_plane?.boot_timeout),
    pollIntervalMs: milliseconds(deployment?.fallback_cp?.interval),
    pace: paceOf(deployment?.role_data_plane),
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
