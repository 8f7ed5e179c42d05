import { z } from 'zod'

// API7's names as they stand in its documents; `gcs` and `filesystem` are ours.
// The control plane's file says `custom_endpoint` where the gateway's says `endpoint`: both are taken in both.

const url = (example: string): z.ZodURL => z.url({ protocol: /^https?$/, error: `must be a URL such as ${example}` })
const name = z.string().min(1, 'must not be empty')

const awsS3 = z.object({
  access_key: name.optional(),
  secret_key: name.optional(),
  session_token: name.optional(),
  region: name.optional(),
  /** One bucket: the config bucket; the instance snapshot tells where the resources are. */
  bucket: name.optional(),
  config_bucket: name.optional(),
  resource_bucket: name.optional(),
  endpoint: url('https://s3.example.com').optional(),
  custom_endpoint: url('https://s3.example.com').optional(),
  use_path_style: z.boolean().optional(),
})

const azureBlob = z.object({
  account_name: name.optional(),
  account_key: name.optional(),
  container: name.optional(),
  config_container: name.optional(),
  resource_container: name.optional(),
  endpoint: url('https://account.blob.core.windows.net').optional(),
})

const gcs = z.object({
  bucket: name.optional(),
  config_bucket: name.optional(),
  resource_bucket: name.optional(),
  project_id: name.optional(),
  key_file: name.optional(),
  endpoint: url('https://storage.googleapis.com').optional(),
})

const filesystem = z.object({
  /** One folder for both domains. */
  path: name,
})

const keyFiles = z.array(name).min(1, 'must not be empty')

export const fallbackCpSchema = z.object({
  cron_spec: name.optional(),
  /** Seconds. */
  interval: z.number().positive('must be a number of seconds above 0').optional(),
  mode: z.enum(['read', 'write']).optional(),
  /** Private key that signs snapshots: PEM, as `outlast snapshot keygen signing` writes it. */
  signing_key_file: name.optional(),
  /** Public keys: whatever none of them has signed is refused. */
  trusted_key_files: keyFiles.optional(),
  /** Secret that seals the instance configuration; of several the first seals, and all open. */
  sealing_key_file: z.union([name, keyFiles], { error: 'must be the name of a file, or a list of them' }).optional(),
  aws_s3: awsS3.optional(),
  azure_blob: azureBlob.optional(),
  gcs: gcs.optional(),
  filesystem: filesystem.optional(),
})

export type FallbackCp = z.infer<typeof fallbackCpSchema>

/** The storage blocks, in the order in which they are tried. */
export const storageBlocks = ['aws_s3', 'azure_blob', 'gcs', 'filesystem'] as const
export type StorageBlockName = (typeof storageBlocks)[number]
