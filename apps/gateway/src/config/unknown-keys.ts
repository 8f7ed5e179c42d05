import type { ConfigFile } from './config-file.ts'

// Keys that belong inside a block. At the top level they mean that the file has lost its indentation.
const homes: ReadonlyMap<string, string> = new Map([
  ...['aws_s3', 'azure_blob', 'gcs', 'filesystem', 'cron_spec'].map((key) => [key, 'fallback_cp'] as const),
  ...['access_key', 'secret_key', 'region', 'bucket', 'config_bucket', 'resource_bucket'].map(
    (key) => [key, 'fallback_cp.aws_s3'] as const,
  ),
  ...['role', 'role_data_plane'].map((key) => [key, 'deployment'] as const),
  ['config_provider', 'deployment.role_data_plane'],
  ['error_log_level', 'nginx_config'],
])

/**
 * Top-level keys that are not understood, for a warning. Throws the fault of a key that belongs deeper:
 * to ignore it would start a node without what its file asks for.
 */
export function unknownKeys(file: ConfigFile, known: readonly string[]): string[] {
  if (typeof file.data !== 'object' || file.data === null || Array.isArray(file.data)) {
    throw file.fault([], 'must be a YAML mapping')
  }
  const unknown = Object.keys(file.data).filter((key) => !known.includes(key))
  for (const key of unknown) {
    const home = homes.get(key)
    if (home) throw file.fault([key], `belongs inside ${home}; has the file lost its indentation?`)
  }
  return unknown
}
