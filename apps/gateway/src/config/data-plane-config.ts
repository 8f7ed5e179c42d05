import { z } from 'zod'
import { UserError } from '../user-error.ts'
import type { ConfigFile } from './config-file.ts'
import { fallbackCpSchema, type FallbackCp } from './fallback-cp.ts'
import { gatewayGroup } from '../gateway-group.ts'
import { controlPlaneFromEnvironment, type ControlPlaneLink } from './control-plane-link.ts'
import { parseListenAddress, type ListenAddress } from './listen-address.ts'
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
      status: z.object({ ip: z.string().optional(), port: port.optional() }).optional(),
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
      etcd: z
        .object({
          host: z
            .array(
              z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:2379' }),
              'must be a list of URLs',
            )
            .min(1, 'must not be empty')
            .optional(),
          prefix: z.string().startsWith('/').optional(),
          user: z.string().optional(),
          password: z.string().optional(),
        })
        .optional(),
      fallback_cp: fallbackCpSchema.optional(),
    })
    .optional(),
  nginx_config: z
    .object({
      error_log_level: z.enum(['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg']).optional(),
    })
    .optional(),
})

export interface DataPlaneConfig {
  readonly group: string
  readonly httpListen: readonly ListenAddress[]
  readonly statusListen: ListenAddress
  readonly router: 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'
  /** Level of the log, in pino's words. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal'
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
  const { apisix, deployment, nginx_config: nginx } = parsed
  const group = groupOf(environment)
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
    : (linkFromFile(file, deployment?.etcd, group) ?? controlPlaneFromEnvironment(environment, group))
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
    statusListen: flags.status
      ? parseListenAddress(flags.status, '--status', '0.0.0.0')
      : {
          host: apisix?.status?.ip ?? '0.0.0.0',
          port: apisix?.status?.port ?? 7085,
          origin: `${file.path}: apisix.status`,
        },
    router: apisix?.router?.http ?? 'radixtree_host_uri',
    logLevel: logLevels[nginx?.error_log_level ?? 'info'],
    live,
    fallback: deployment?.fallback_cp,
    ignored: ignoredKeys(file.data, parsed),
  }
}

function groupOf(environment: NodeJS.ProcessEnv): string {
  const group = gatewayGroup.safeParse(environment['API7_GATEWAY_GROUP_SHORT_ID'] || 'default')
  if (group.success) return group.data
  throw new UserError(`API7_GATEWAY_GROUP_SHORT_ID: ${group.error.issues[0]?.message ?? 'is not valid'}`)
}

const logLevels = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  error: 'error',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
} as const

type EtcdBlock = NonNullable<NonNullable<z.infer<typeof schema>['deployment']>['etcd']>

function linkFromFile(file: ConfigFile, etcd: EtcdBlock | undefined, group: string): ControlPlaneLink | undefined {
  if (!etcd?.host) return undefined
  return {
    origin: `${file.path}: deployment.etcd`,
    endpoints: etcd.host,
    prefix: etcd.prefix ?? `/gateway_groups/${group}`,
    user: etcd.user,
    password: etcd.password,
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
