import type { AzureStorageOptions } from '@outlast/storage-azure'
import type { AzureBlobSettings } from '../../config/storage-blocks.ts'
import { milliseconds } from '../milliseconds.ts'
import { blockBuckets } from './block-buckets.ts'
import type { BlockFault, ReadBlock } from './storage-block.ts'

const proofs = ['account_key', 'sas_token', 'connection_string'] as const

/** `azure_blob`: without any key, the identity that Azure has given to this machine is used. Throws the fault of a field. */
export function readAzureBlob(block: AzureBlobSettings, fault: BlockFault): ReadBlock {
  const [proof, second] = proofs.filter((field) => block[field] !== undefined)
  if (proof && second) throw fault(second, `${proof} is set as well; keep one of the two`)
  const { endpoint, account_name: accountName } = block
  if (proof === 'connection_string') {
    const twice = accountName ? 'account_name' : endpoint ? 'endpoint' : undefined
    if (twice) throw fault(twice, 'connection_string tells it as well; keep one of the two')
  } else if (!accountName && (!endpoint || proof === 'account_key')) {
    throw fault('account_name', 'is missing')
  } else if (!proof && endpoint?.startsWith('http:')) {
    throw fault('endpoint', 'must be https:// where neither account_key nor sas_token is given: a token is sent to it')
  }
  return {
    ...blockBuckets(block, ['container', 'config_container', 'resource_container'], fault),
    server: endpoint ?? accountName ?? block.connection_string ?? '',
    endpointField: endpoint ? 'endpoint' : accountName ? 'account_name' : 'connection_string',
    credentialsField: proof ?? '',
    place: (container) => ({
      adapter: 'azure',
      options: { container, accountName, endpoint, ...proofOf(block), timeoutMs: milliseconds(block.timeout) },
    }),
  }
}

function proofOf(block: AzureBlobSettings): Pick<AzureStorageOptions, 'accountKey' | 'sasToken' | 'connectionString'> {
  const { account_key: accountKey, sas_token: sasToken, connection_string: connectionString } = block
  return { accountKey, sasToken, connectionString }
}
