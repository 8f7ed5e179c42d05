import type { ApisixAdminSinkOptions } from '@outlast/dataplane/sinks'
import { keyringKeysOf } from '@outlast/snapshot/apisix'
import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { dataPlaneConfig, type NodeConfig } from './data-plane-config.ts'
import { pluginAttrBlock } from './metrics-block.ts'
import { readPem } from './read-pem.ts'

const path = z.string().min(1, 'must not be empty')

// Strict: with a key that is not known a gateway would not get what its operator has written.
const sidecarBlock = z.strictObject({
  apisix_yaml: z.strictObject({ path }).optional(),
  admin_api: z
    .strictObject({
      endpoints: z
        .array(
          z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:9180' }),
          'must be a list of URLs',
        )
        .min(1, 'must not be empty'),
      admin_key: z.string('is missing').min(1, 'must not be empty'),
      /** Seconds. */
      timeout: z.number().positive('must be a number of seconds above 0').optional(),
      /** Files, but for `sni` and `verify`. */
      tls: z
        .strictObject({
          ca: path.optional(),
          cert: path.optional(),
          key: path.optional(),
          sni: z.string().min(1).optional(),
          verify: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
})

const schema = z.object({
  apisix: z
    .object({
      data_encryption: z
        .object({ keyring: z.union([z.string(), z.array(z.string())], 'must be a key, or a list of keys').optional() })
        .optional(),
      node_listen: z.unknown().optional(),
      router: z.unknown().optional(),
    })
    .optional(),
  deployment: z.object({ sidecar: sidecarBlock.optional() }).optional(),
  plugin_attr: pluginAttrBlock.optional(),
})

/** How the gateway beside the sidecar takes its configuration. */
type SidecarTarget =
  | { readonly type: 'apisix-yaml'; readonly path: string }
  | ({ readonly type: 'admin-api' } & Pick<ApisixAdminSinkOptions, 'endpoints' | 'adminKey' | 'tls' | 'timeoutMs'>)

export interface SidecarConfig extends NodeConfig {
  readonly target: SidecarTarget
  /** What a stock APISIX encrypts fields of its etcd with. */
  readonly keyring: readonly string[]
}

const block = ['deployment', 'sidecar'] as const

/**
 * A sidecar's settings: those of a data plane, without what is about its proxy, and `deployment.sidecar`. Reads
 * certificates. Throws `UserError`.
 */
export function sidecarConfig(
  file: ConfigFile,
  flags: { readonly status?: string | undefined },
  environment: NodeJS.ProcessEnv,
): SidecarConfig {
  const { httpListen: _httpListen, router: _router, ...config } = dataPlaneConfig(file, flags, environment)
  const { apisix, deployment, plugin_attr: pluginAttr } = file.parse(schema)
  return {
    ...config,
    // The address that a data plane has without one is taken by the APISIX beside it.
    metrics: pluginAttr?.prometheus?.export_addr && config.metrics,
    target: sidecarTarget(file, deployment?.sidecar),
    keyring: keyringOf(file, apisix?.data_encryption?.keyring),
    ignored: [
      ...proxyKeys.filter((key) => apisix?.[key] !== undefined).map((key) => `apisix.${key}`),
      ...config.ignored.filter((key) => !ownKeys.has(key)),
    ],
  }
}

/** What a data plane reads for its proxy, which a sidecar does not have … */
const proxyKeys = ['node_listen', 'router'] as const
/** … and what only a sidecar reads. */
const ownKeys: ReadonlySet<string> = new Set(['deployment.sidecar', 'apisix.data_encryption'])

function sidecarTarget(file: ConfigFile, sidecar: z.infer<typeof sidecarBlock> | undefined): SidecarTarget {
  const { apisix_yaml: yaml, admin_api: admin } = sidecar ?? {}
  if (yaml && admin) throw file.fault(block, 'has both apisix_yaml and admin_api; an APISIX takes one of them')
  if (yaml) return { type: 'apisix-yaml', path: yaml.path }
  if (!admin) throw file.fault(block, 'must say how APISIX gets its configuration: give apisix_yaml or admin_api')
  const { endpoints, admin_key: adminKey, timeout, tls } = admin
  if (!tls?.cert !== !tls?.key) {
    throw file.fault([...block, 'admin_api', 'tls', tls?.cert ? 'key' : 'cert'], 'is missing; give both, or neither')
  }
  return {
    type: 'admin-api',
    endpoints,
    adminKey,
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
    ...(tls && {
      tls: {
        ca: pem(file, 'ca', tls.ca),
        cert: pem(file, 'cert', tls.cert),
        key: pem(file, 'key', tls.key),
        serverName: tls.sni,
        verify: tls.verify,
      },
    }),
  }
}

function pem(file: ConfigFile, field: string, name: string | undefined): string | undefined {
  return name === undefined
    ? undefined
    : readPem(name, (reason) => file.fault([...block, 'admin_api', 'tls', field], reason))
}

function keyringOf(file: ConfigFile, keyring: string | readonly string[] | undefined): readonly string[] {
  const given = keyring === undefined ? [] : [keyring].flat()
  const keys = keyringKeysOf([{ kind: 'keyring', id: '1', value: { keyring: given } }])
  if (keys.length === given.length) return keys
  throw file.fault(['apisix', 'data_encryption', 'keyring'], 'must be keys of 16 or 32 bytes')
}
