import type { S3StorageOptions } from '@outlast/storage-s3'
import type { AwsS3Settings } from '../../config/storage-blocks.ts'
import { milliseconds } from '../milliseconds.ts'
import { blockBuckets } from './block-buckets.ts'
import type { BlockFault, ReadBlock } from './storage-block.ts'

/** `aws_s3`: AWS, or a server that speaks its protocol. Throws the fault of a field. */
export function readAwsS3(block: AwsS3Settings, fault: BlockFault): ReadBlock {
  if (block.endpoint && block.custom_endpoint) {
    throw fault('custom_endpoint', 'endpoint is set as well, and means the same; keep one of the two')
  }
  if (block.kms_key_id && block.server_side_encryption !== 'aws:kms') {
    throw fault('kms_key_id', 'needs server_side_encryption: aws:kms')
  }
  const credentials = credentialsOf(block, fault)
  const endpoint = block.endpoint ?? block.custom_endpoint
  return {
    ...blockBuckets(block, ['bucket', 'config_bucket', 'resource_bucket'], fault),
    server: endpoint ?? '',
    endpointField: block.custom_endpoint ? 'custom_endpoint' : endpoint ? 'endpoint' : 'region',
    credentialsField: credentials ? 'access_key' : '',
    place: (bucket) => ({
      adapter: 's3',
      options: {
        bucket,
        region: block.region,
        endpoint,
        // Servers other than AWS rarely have a host name for each bucket.
        forcePathStyle: block.use_path_style ?? endpoint !== undefined,
        credentials,
        serverSideEncryption: block.server_side_encryption,
        kmsKeyId: block.kms_key_id,
        timeoutMs: milliseconds(block.timeout),
      },
    }),
  }
}

// Without any the SDK's own chain looks for them: environment, profile, web identity, instance role.
function credentialsOf(block: AwsS3Settings, fault: BlockFault): S3StorageOptions['credentials'] {
  const { access_key: accessKeyId, secret_key: secretAccessKey, session_token: sessionToken } = block
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, sessionToken }
  if (accessKeyId || secretAccessKey) {
    throw fault(
      accessKeyId ? 'secret_key' : 'access_key',
      'is missing; give both, or neither to use the credentials of the environment',
    )
  }
  if (sessionToken) throw fault('session_token', 'needs the access_key and secret_key that it was given with')
  return undefined
}
