import { defineStorage, type StorageAdapter } from '@outlast/storage'

import { azureContainer } from './azure-container.ts'
import { azureFailure } from './azure-failure.ts'
import { checkAzureOptions, type AzureStorageOptions } from './azure-options.ts'
import { listKeys } from './list-keys.ts'
import { mapAzureError } from './map-azure-error.ts'
import { readBody } from './read-body.ts'
import { checkAnswer } from './unexpected-answer.ts'

/**
 * A container of Azure Blob Storage. Needs no network and loads no SDK until the first call.
 *
 * Create-only writes are `If-None-Match: *`, which the service answers with 409 BlobAlreadyExists.
 */
export function azureStorage(options: AzureStorageOptions): StorageAdapter {
  checkAzureOptions(options)
  const open = azureContainer(options)

  return defineStorage(
    {
      name: `azure://${[accountOf(options), options.container].filter(Boolean).join('/')}`,
      capabilities: { createOnly: true },

      async get(key, { ifNoneMatch, maximumBytes, signal }) {
        const blob = (await open()).getBlobClient(key)
        const conditions = ifNoneMatch === undefined ? {} : { conditions: { ifNoneMatch } }
        // Ends the connection of a body that is not read to its end; the SDK leaves it open.
        const unread = new AbortController()
        const abortSignal = AbortSignal.any([signal, unread.signal])
        try {
          const response = await blob.download(0, undefined, { abortSignal, maxRetryRequests: 0, ...conditions })
          return { bytes: await readBody(response, maximumBytes), etag: response.etag ?? '' }
        } catch (error) {
          unread.abort()
          const failure = azureFailure(error)
          if (failure.status === 304) return 'not-modified'
          if (failure.status === 404 && failure.code === 'BlobNotFound') return undefined
          throw error
        }
      },

      async put(key, bytes, { ifAbsent, signal }) {
        const blob = (await open()).getBlockBlobClient(key)
        const conditions = ifAbsent ? { conditions: { ifNoneMatch: '*' } } : {}
        const response = await blob.upload(bytes, bytes.byteLength, { abortSignal: signal, ...conditions })
        checkAnswer(response)
        return response.etag ?? ''
      },

      async *list(prefix, { after, limit, signal }) {
        yield* listKeys({ container: await open(), prefix, after, limit, signal })
      },

      async delete(key, { signal }) {
        const blob = (await open()).getBlobClient(key)
        try {
          // A blob with snapshots of its own (a container's policy may make them) can only be deleted with them.
          checkAnswer(await blob.delete({ abortSignal: signal, deleteSnapshots: 'include' }))
        } catch (error) {
          if (azureFailure(error).code !== 'BlobNotFound') throw error
        }
      },

      mapError: mapAzureError,
    },
    { timeoutMs: options.timeoutMs },
  )
}

function accountOf({ accountName, connectionString }: AzureStorageOptions): string | undefined {
  return accountName ?? /(?:^|;)AccountName=([^;]+)/.exec(connectionString ?? '')?.[1]
}
