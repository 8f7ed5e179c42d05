import type { GcsSettings } from '../../config/storage-blocks.ts'
import { milliseconds } from '../milliseconds.ts'
import { blockBuckets } from './block-buckets.ts'
import type { BlockFault, ReadBlock } from './storage-block.ts'

/** `gcs`: without a key file, with the default credentials of the environment. Throws the fault of a field. */
export function readGcs(block: GcsSettings, fault: BlockFault): ReadBlock {
  if (block.key_file && block.endpoint?.startsWith('http:')) {
    throw fault('key_file', 'is not used with an http:// endpoint, over which no credentials are sent')
  }
  return {
    ...blockBuckets(block, ['bucket', 'config_bucket', 'resource_bucket'], fault),
    server: block.endpoint ?? '',
    endpointField: block.endpoint ? 'endpoint' : '',
    credentialsField: block.key_file ? 'key_file' : '',
    place: (bucket) => ({
      adapter: 'gcs',
      options: {
        bucket,
        apiEndpoint: block.endpoint,
        keyFilename: block.key_file,
        userProject: block.user_project,
        timeoutMs: milliseconds(block.timeout),
      },
    }),
  }
}
