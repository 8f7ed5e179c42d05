import { writeFile } from 'node:fs/promises'
import type { Radosgw } from '@outlast/test-servers'

// The files of the published walkthrough, with the endpoint added and, for the tests, a quicker schedule.

export async function writeBackupConfig(path: string, store: Radosgw, cronSpec: string): Promise<void> {
  await writeFile(
    path,
    `fallback_cp:
  aws_s3:
    access_key: ${store.accessKeyId}
    region: ap-south-1
    config_bucket: bucket-to-push-config-data
    resource_bucket: bucket-to-push-resource-data
    secret_key: ${store.secretAccessKey}
    custom_endpoint: ${store.endpoint}
  cron_spec: '${cronSpec}'
`,
  )
}

/** Forces standalone mode. `bucket` is the config bucket: where the resources are is told by what is in it. */
export async function writeStandaloneConfig(path: string, store: Radosgw): Promise<void> {
  await writeFile(
    path,
    `nginx_config:
  error_log_level: warn

deployment:
  role: data_plane
  role_data_plane:
    config_provider: yaml
  fallback_cp:
    aws_s3:
      access_key: ${store.accessKeyId}
      secret_key: ${store.secretAccessKey}
      bucket: bucket-to-push-config-data
      region: ap-south-1
      endpoint: ${store.endpoint}
`,
  )
}

/** Follows the control plane and falls back by itself. */
export async function writeAutomaticConfig(path: string, store: Radosgw): Promise<void> {
  await writeFile(
    path,
    `deployment:
  role: data_plane
  fallback_cp:
    aws_s3:
      access_key: ${store.accessKeyId}
      secret_key: ${store.secretAccessKey}
      config_bucket: bucket-to-push-config-data
      resource_bucket: bucket-to-push-resource-data
      region: ap-south-1
      endpoint: ${store.endpoint}
`,
  )
}

/** What the walkthrough leaves in the file after the recovery. The control plane's address comes from the environment. */
export async function writeRecoveryConfig(path: string): Promise<void> {
  await writeFile(path, 'nginx_config:\n  error_log_level: warn\n')
}
