import { z } from 'zod'

// API7's names as they stand in its documents; `gcs` and `filesystem` are ours.
// The control plane's file says `custom_endpoint` where the gateway's says `endpoint`: both are taken in both.

const name = z.string().min(1, 'must not be empty')
// It becomes a part of a URL's path, or of a host name.
const bucketName = z.string().regex(/^[^/\s?#]+$/, 'must be the name of a bucket')
const containerName = z.string().regex(/^[^/\s?#]+$/, 'must be the name of a container')

/** Of a server, without what belongs into fields of its own. */
const endpoint = (example: string) =>
  z
    .url({ protocol: /^https?$/, error: `must be a URL such as ${example}` })
    .refine((text) => !/[?#@]/.test(text), 'must hold no keys, signature or other parameters')

/** What every block has. */
const part = {
  /** The part of the bucket, or of both, that is meant: `prod/eu`. */
  prefix: name.optional(),
  /** Seconds until a call is given up. */
  timeout: z
    .number()
    .positive('must be a number of seconds above 0')
    .max(3_600, 'must be at most an hour: 3600')
    .optional(),
}

const awsS3 = z.object({
  access_key: name.optional(),
  secret_key: name.optional(),
  session_token: name.optional(),
  region: z
    .string()
    .regex(/^[\w-]+$/, 'must be the name of a region, such as eu-west-1')
    .optional(),
  /** One bucket: the config bucket; the instance snapshot tells where the resources are. */
  bucket: bucketName.optional(),
  config_bucket: bucketName.optional(),
  resource_bucket: bucketName.optional(),
  endpoint: endpoint('https://s3.example.com').optional(),
  custom_endpoint: endpoint('https://s3.example.com').optional(),
  use_path_style: z.boolean().optional(),
  server_side_encryption: z.enum(['AES256', 'aws:kms'], 'must be AES256 or aws:kms').optional(),
  kms_key_id: name.optional(),
  ...part,
})

const azureBlob = z.object({
  account_name: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be the name of a storage account')
    .optional(),
  account_key: name.optional(),
  sas_token: name.optional(),
  connection_string: z
    .string()
    .regex(/^\w+=[^;]+(;|$)/, 'must be a string such as AccountName=…;AccountKey=…')
    .optional(),
  container: containerName.optional(),
  config_container: containerName.optional(),
  resource_container: containerName.optional(),
  endpoint: endpoint('https://account.blob.core.windows.net').optional(),
  ...part,
})

const gcs = z.object({
  bucket: bucketName.optional(),
  config_bucket: bucketName.optional(),
  resource_bucket: bucketName.optional(),
  key_file: name.optional(),
  user_project: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be the ID of a project')
    .optional(),
  endpoint: endpoint('https://storage.googleapis.com')
    .refine((text) => !/^\w+:\/\/[^/]+\/./.test(text), 'must be a URL without a path')
    .optional(),
  ...part,
})

const filesystem = z.object({
  /** One folder for both domains. */
  path: name,
  ...part,
})

/** The fields of `fallback_cp` that name a store. */
export const storageBlockSchemas = {
  aws_s3: awsS3.optional(),
  azure_blob: azureBlob.optional(),
  gcs: gcs.optional(),
  filesystem: filesystem.optional(),
}

export type AwsS3Settings = z.infer<typeof awsS3>
export type AzureBlobSettings = z.infer<typeof azureBlob>
export type GcsSettings = z.infer<typeof gcs>
export type FilesystemSettings = z.infer<typeof filesystem>

/** The storage blocks, in the order in which they are tried. */
export const storageBlockNames = ['aws_s3', 'azure_blob', 'gcs', 'filesystem'] as const
export type StorageBlockName = (typeof storageBlockNames)[number]
