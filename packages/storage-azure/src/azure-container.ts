import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob'

import type { AzureStorageOptions } from './azure-options.ts'

/** Loads the SDK and makes the client at the first call; the sockets are kept between calls. */
export function azureContainer(options: AzureStorageOptions, timeoutMs: number): () => Promise<ContainerClient> {
  let container: Promise<ContainerClient> | undefined
  return () => {
    container ??= open(options, timeoutMs).catch((error: unknown) => {
      container = undefined
      throw error
    })
    return container
  }
}

async function open(options: AzureStorageOptions, timeoutMs: number): Promise<ContainerClient> {
  const sdk = await import('@azure/storage-blob')
  const { accountName = '', accountKey, connectionString, sasToken = '', credential } = options
  const pipeline: StoragePipelineOptions = {
    // Retrying is the caller's decision: it knows the deadline, and what an unknown outcome means.
    retryOptions: { maxTries: 1, tryTimeoutInMs: timeoutMs },
  }
  if (connectionString !== undefined) {
    return sdk.BlobServiceClient.fromConnectionString(connectionString, pipeline).getContainerClient(options.container)
  }
  const endpoint = options.endpoint ?? `https://${accountName}.blob.core.windows.net`
  const key = accountKey === undefined ? undefined : new sdk.StorageSharedKeyCredential(accountName, accountKey)
  const url = sasToken === '' ? endpoint : `${endpoint}?${sasToken.replace(/^\?/, '')}`
  return new sdk.BlobServiceClient(url, key ?? credential, pipeline).getContainerClient(options.container)
}
