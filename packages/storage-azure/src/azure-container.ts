import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob'

import type { AzureStorageOptions } from './azure-options.ts'
import { boundedCredential } from './bounded-credential.ts'
import { defaultCredential } from './default-credential.ts'

/** Loads the SDK and makes the client at the first call; the sockets are kept between calls. */
export function azureContainer(options: AzureStorageOptions): () => Promise<ContainerClient> {
  let container: Promise<ContainerClient> | undefined
  return () => {
    container ??= open(options).catch((error: unknown) => {
      container = undefined
      throw error
    })
    return container
  }
}

async function open(options: AzureStorageOptions): Promise<ContainerClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob')
  const {
    container,
    accountName = '',
    accountKey,
    connectionString,
    sasToken,
    credential,
    timeoutMs = 10_000,
  } = options
  const pipeline: StoragePipelineOptions = {
    // Retrying is the caller's decision: it knows the deadline, and what an unknown outcome means. The SDK's limit for a try
    // (`tryTimeoutInMs`) is left out: it asks the server for haste, but does not end a call that hangs.
    retryOptions: { maxTries: 1 },
  }
  if (connectionString !== undefined) {
    return BlobServiceClient.fromConnectionString(connectionString, pipeline).getContainerClient(container)
  }
  const endpoint = options.endpoint ?? `https://${accountName}.blob.core.windows.net`
  if (sasToken !== undefined) {
    const url = `${endpoint}?${sasToken.replace(/^\?/, '')}`
    return new BlobServiceClient(url, undefined, pipeline).getContainerClient(container)
  }
  const proof =
    accountKey === undefined
      ? boundedCredential(credential ?? (await defaultCredential()), timeoutMs)
      : new StorageSharedKeyCredential(accountName, accountKey)
  return new BlobServiceClient(endpoint, proof, pipeline).getContainerClient(container)
}
