import type { StorageAdapter } from '@outlast/storage'
import { azureStorage } from '@outlast/storage-azure'
import { fsStorage } from '@outlast/storage-fs'
import { gcsStorage } from '@outlast/storage-gcs'
import { s3Storage } from '@outlast/storage-s3'
import { storageBlocks, type FallbackCp, type StorageBlockName } from '../config/fallback-cp.ts'

/** One storage block of `fallback_cp`, ready to make adapters from. */
export interface StorageBlock {
  readonly name: StorageBlockName
  /** Bucket, container or folder of the instance domain, and the field that names it. */
  readonly config: { readonly bucket: string; readonly field: string }
  /** … of the resources domain; absent when the instance snapshot has to tell. */
  readonly resource: { readonly bucket: string; readonly field: string } | undefined
  /** The field that names the server. */
  readonly endpointField: string
  /** The field that holds the identity. */
  readonly credentialsField: string
  open(bucket: string): StorageAdapter
}

/** What the stores are opened for. */
export type StorageAccess = 'read' | 'write'

/** A required field that is missing: path below `fallback_cp`, and what to do. */
export type BlockFault = (field: readonly string[], message: string) => Error

/** The storage blocks that are present, in a fixed order. `fault` makes the error for one that is incomplete. */
export function storageBlocksOf(fallback: FallbackCp, fault: BlockFault, access: StorageAccess): StorageBlock[] {
  return storageBlocks.flatMap((name) => {
    const block = openers[name](fallback, (field, message) => fault([name, field], message), access)
    return block ? [block] : []
  })
}

type Opener = (
  fallback: FallbackCp,
  fault: (field: string, message: string) => Error,
  access: StorageAccess,
) => StorageBlock | undefined

const openers: { readonly [name in StorageBlockName]: Opener } = {
  aws_s3({ aws_s3: block }, fault) {
    if (!block) return undefined
    if (!block.access_key !== !block.secret_key) {
      throw fault(
        block.access_key ? 'secret_key' : 'access_key',
        'is missing; give both, or neither to use the credentials of the environment',
      )
    }
    const endpoint = block.endpoint ?? block.custom_endpoint
    const credentials = block.access_key &&
      block.secret_key && {
        accessKeyId: block.access_key,
        secretAccessKey: block.secret_key,
        ...(block.session_token && { sessionToken: block.session_token }),
      }
    return {
      name: 'aws_s3',
      ...buckets(block, ['bucket', 'config_bucket', 'resource_bucket'], fault),
      endpointField: block.custom_endpoint ? 'custom_endpoint' : endpoint ? 'endpoint' : 'region',
      credentialsField: block.access_key ? 'access_key' : '',
      open: (bucket) =>
        s3Storage({
          bucket,
          ...(block.region && { region: block.region }),
          ...(endpoint && { endpoint }),
          // Servers other than AWS rarely have a host name for each bucket.
          forcePathStyle: block.use_path_style ?? endpoint !== undefined,
          ...(credentials && { credentials }),
        }),
    }
  },

  azure_blob({ azure_blob: block }, fault) {
    if (!block) return undefined
    if (!block.account_name) throw fault('account_name', 'is missing')
    if (!block.account_key) throw fault('account_key', 'is missing')
    const { account_name: accountName, account_key: accountKey, endpoint } = block
    return {
      name: 'azure_blob',
      ...buckets(block, ['container', 'config_container', 'resource_container'], fault),
      endpointField: endpoint ? 'endpoint' : 'account_name',
      credentialsField: 'account_key',
      open: (container) => azureStorage({ container, accountName, accountKey, ...(endpoint && { endpoint }) }),
    }
  },

  gcs({ gcs: block }, fault) {
    if (!block) return undefined
    return {
      name: 'gcs',
      ...buckets(block, ['bucket', 'config_bucket', 'resource_bucket'], fault),
      endpointField: 'endpoint',
      credentialsField: block.key_file ? 'key_file' : '',
      open: (bucket) =>
        gcsStorage({
          bucket,
          ...(block.endpoint && { apiEndpoint: block.endpoint }),
          ...(block.project_id && { projectId: block.project_id }),
          ...(block.key_file && { keyFilename: block.key_file }),
        }),
    }
  },

  filesystem({ filesystem: block }, _fault, access) {
    if (!block) return undefined
    const place = { bucket: block.path, field: 'path' }
    return {
      name: 'filesystem',
      config: place,
      resource: place,
      endpointField: 'path',
      credentialsField: 'path',
      // Who only reads must not take a disk that is not mounted for an empty store.
      open: (path) => fsStorage({ path, mustExist: access === 'read' }),
    }
  },
}

// Two buckets, or one that stands for the config bucket. The layout keeps domains apart, so both may be the same.
function buckets<Single extends string, Config extends string, Resource extends string>(
  block: { readonly [name in Single | Config | Resource]?: string | undefined },
  [single, config, resource]: readonly [Single, Config, Resource],
  fault: (field: string, message: string) => Error,
): Pick<StorageBlock, 'config' | 'resource'> {
  if (block[single] && (block[config] || block[resource])) {
    throw fault(
      single,
      `${block[config] ? config : resource} is set as well; give ${single} alone, or ${config} and ${resource}`,
    )
  }
  const field = block[single] ? single : config
  const bucket = block[field]
  if (!bucket) throw fault(config, 'is missing')
  const resourceBucket = block[resource]
  return {
    config: { bucket, field },
    resource: resourceBucket ? { bucket: resourceBucket, field: resource } : undefined,
  }
}
