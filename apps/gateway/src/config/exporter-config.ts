import type { Entry, JsonValue } from '@outlast/snapshot'
import { validateEntry } from '@outlast/snapshot/apisix'
import { z } from 'zod'
import { groupOfEnvironment } from '../gateway-group.ts'
import { UserError } from '../user-error.ts'
import type { ConfigFile } from './config-file.ts'
import { controlPlaneFromEnvironment, type ControlPlaneLink } from './control-plane-link.ts'
import { etcdBlock, linkFromEtcdBlock, sslBlock } from './etcd-block.ts'
import { exportSchedule, type ExportSchedule } from './export-schedule.ts'
import { fallbackCpSchema, fallbackField, type FallbackCp } from './fallback-cp.ts'
import type { ListenAddress } from './listen-address.ts'
import { logLevelOf, nginxBlock, type LogLevel } from './log-level.ts'
import { statusBlock, statusListen } from './status-block.ts'
import { ignoredKeys, refuseLostIndentation } from './unknown-keys.ts'

const anything: z.ZodType<JsonValue> = z.json()

const schema = z.object({
  apisix: z
    .object({ status: statusBlock.optional(), ssl: sslBlock.optional(), data_encryption: anything.optional() })
    .optional(),
  discovery: z.record(z.string(), anything, 'must be a mapping of discovery types').optional(),
  deployment: z
    .object({
      role: z.string().optional(),
      etcd: etcdBlock.optional(),
      fallback_cp: fallbackCpSchema.optional(),
    })
    .optional(),
  nginx_config: nginxBlock.optional(),
})

/** What an independent exporter, API7's backup node, is to do. */
export interface ExporterConfig {
  readonly group: string
  readonly statusListen: ListenAddress
  readonly logLevel: LogLevel
  /** The control plane or etcd to follow. */
  readonly live: ControlPlaneLink
  /** Instance configuration that a stock APISIX keeps in this file: keyring and service discovery. */
  readonly instance: readonly Entry[]
  readonly fallback: FallbackCp
  readonly schedule: ExportSchedule
  /** Keys that nothing here reads. */
  readonly ignored: readonly string[]
}

/**
 * The settings of an independent exporter: a gateway's `config.yaml` with `deployment.fallback_cp.mode: write`, the
 * environment, and command line flags above both. Throws `UserError`.
 */
export function exporterConfig(
  file: ConfigFile,
  flags: { readonly status?: string | undefined },
  environment: NodeJS.ProcessEnv,
): ExporterConfig {
  refuseLostIndentation(file)
  const parsed = file.parse(schema)
  const { apisix, deployment, discovery = {} } = parsed
  const fallback = deployment?.fallback_cp
  if (!fallback) throw file.fault(['deployment'], 'names no store to export to: give fallback_cp with mode: write')
  if (fallback.mode !== 'write') {
    throw file.fault(
      [...fallbackField, 'mode'],
      "must be write: with read, or without mode, the file is a data plane's",
    )
  }
  const group = groupOfEnvironment(environment)
  const live =
    linkFromEtcdBlock({ file, etcd: deployment.etcd, ssl: apisix?.ssl, group }) ??
    controlPlaneFromEnvironment(environment, group)
  if (!live) {
    throw new UserError(
      `${file.path}: nothing to export from: set deployment.etcd.host or API7_CONTROL_PLANE_ENDPOINTS`,
    )
  }
  return {
    group,
    statusListen: statusListen(file, apisix?.status, flags.status),
    logLevel: logLevelOf(parsed.nginx_config),
    live,
    instance: [
      ...localEntry(file, ['apisix', 'data_encryption'], { kind: 'keyring', id: '1' }, apisix?.data_encryption),
      ...Object.entries(discovery).flatMap(([id, value]) =>
        localEntry(file, ['discovery', id], { kind: 'discovery', id }, value),
      ),
    ],
    fallback,
    schedule: exportSchedule(file, fallbackField, fallback),
    ignored: ignoredKeys(file.data, parsed),
  }
}

/** An entry from a block of the file. Throws its fault when no node could use it. */
function localEntry(
  file: ConfigFile,
  field: readonly string[],
  ref: { readonly kind: string; readonly id: string },
  value: JsonValue | undefined,
): readonly Entry[] {
  if (value === undefined) return []
  const entry = { ...ref, value }
  const problem = validateEntry(entry)
  if (problem !== undefined) throw file.fault(field, problem.replace(`${ref.kind}/${ref.id}: `, ''))
  return [entry]
}
