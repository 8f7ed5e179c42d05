import type { Logger } from '@outlast/snapshot'
import type { ConfigFile } from './config-file.ts'

// Keys that belong inside a block. At the top level they mean that the file has lost its indentation.
const homes: ReadonlyMap<string, string> = new Map([
  ...['aws_s3', 'azure_blob', 'gcs', 'filesystem'].map((key) => [key, 'fallback_cp'] as const),
  ...['cron_spec', 'interval', 'mode', 'single_writer', 'replicas', 'retention'].map(
    (key) => [key, 'fallback_cp'] as const,
  ),
  ...['signing_key_file', 'trusted_key_files', 'sealing_key_file'].map((key) => [key, 'fallback_cp'] as const),
  ...['access_key', 'secret_key', 'region', 'bucket', 'config_bucket', 'resource_bucket'].map(
    (key) => [key, 'fallback_cp.aws_s3'] as const,
  ),
  ...['account_name', 'account_key', 'sas_token', 'connection_string'].map(
    (key) => [key, 'fallback_cp.azure_blob'] as const,
  ),
  ...['role', 'role_data_plane', 'sidecar'].map((key) => [key, 'deployment'] as const),
  ...['apisix_yaml', 'admin_api'].map((key) => [key, 'deployment.sidecar'] as const),
  ['config_provider', 'deployment.role_data_plane'],
  ['error_log_level', 'nginx_config'],
])

/** Throws the fault of a key that belongs deeper: to ignore it would start a node without what its file asks for. */
export function refuseLostIndentation(file: ConfigFile): void {
  if (typeof file.data !== 'object' || file.data === null || Array.isArray(file.data)) {
    throw file.fault([], 'must be a YAML mapping')
  }
  for (const key of Object.keys(file.data)) {
    const home = homes.get(key)
    if (home) throw file.fault([key], `belongs inside ${home}; has the file lost its indentation?`)
  }
}

/** Keys of the file that its schema has left out, for a warning: `deployment.etcd.tls`, `plugins`. */
export function ignoredKeys(data: unknown, parsed: unknown): string[] {
  if (!(data instanceof Object) || !(parsed instanceof Object)) return []
  const kept = new Map(Object.entries(parsed))
  return Object.entries(data).flatMap(([key, value]) =>
    kept.has(key) ? ignoredKeys(value, kept.get(key)).map((below) => `${key}.${below}`) : [key],
  )
}

export function warnOfIgnoredKeys({ ignored }: { readonly ignored: readonly string[] }, logger: Logger): void {
  if (ignored.length > 0) logger.warn({ keys: ignored }, 'these configuration keys have no effect here')
}
