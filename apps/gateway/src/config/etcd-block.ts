import { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { linkTls, type ControlPlaneLink } from './control-plane-link.ts'
import { readPem } from './read-pem.ts'

const path = z.string().min(1, 'must not be empty')

const etcdUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:2379' })
  // They would end up in logs.
  .refine((url) => !new URL(url).username && !new URL(url).password, 'must not hold credentials: use user and password')

/** `deployment.etcd` of a gateway's file. */
export const etcdBlock = z.object({
  host: z.array(etcdUrl, 'must be a list of URLs').min(1, 'must not be empty').optional(),
  prefix: z.string().startsWith('/').optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  /** Seconds. */
  timeout: z
    .number()
    .positive('must be a number of seconds above 0')
    .max(3_600, 'must be at most an hour: 3600')
    .optional(),
  tls: z
    .object({
      /** Files. */
      cert: path.optional(),
      key: path.optional(),
      sni: z.string().min(1).optional(),
      verify: z.boolean().optional(),
    })
    .optional(),
})

/** `apisix.ssl` of a gateway's file, as far as it is about etcd. */
export const sslBlock = z.object({ ssl_trusted_certificate: path.optional() })

/** How `deployment.etcd` says that the configuration is reached; `undefined` without hosts. Throws `UserError`. */
export function linkFromEtcdBlock(options: {
  readonly file: ConfigFile
  readonly etcd: z.infer<typeof etcdBlock> | undefined
  readonly ssl: z.infer<typeof sslBlock> | undefined
  readonly group: string
}): ControlPlaneLink | undefined {
  const { file, etcd, ssl, group } = options
  if (!etcd?.host) return undefined
  const { cert, key, sni, verify } = etcd.tls ?? {}
  if (!cert !== !key) {
    throw file.fault(['deployment', 'etcd', 'tls', cert ? 'key' : 'cert'], 'is missing; give both, or neither')
  }
  // `system` is APISIX's word for the certificates that the machine trusts anyway.
  const ca = ssl?.ssl_trusted_certificate === 'system' ? undefined : ssl?.ssl_trusted_certificate
  const fieldOf = (field: 'ca' | 'cert' | 'key'): readonly string[] =>
    field === 'ca' ? ['apisix', 'ssl', 'ssl_trusted_certificate'] : ['deployment', 'etcd', 'tls', field]
  return {
    origin: `${file.path}: deployment.etcd`,
    endpoints: etcd.host,
    prefix: etcd.prefix ?? `/gateway_groups/${group}`,
    user: etcd.user,
    password: etcd.password,
    ...(etcd.timeout !== undefined && { timeoutMs: etcd.timeout * 1000 }),
    tls: linkTls({ ca, cert, key, serverName: sni, verify }, (field, name) =>
      readPem(name, (reason) => file.fault(fieldOf(field), reason)),
    ),
  }
}
