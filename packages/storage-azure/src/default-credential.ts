import { StorageError } from '@outlast/storage'

import type { AzureTokenCredential } from './azure-options.ts'

/**
 * `DefaultAzureCredential` of `@azure/identity`: service principal (environment), workload identity, managed identity. The
 * package is loaded here, and is needed by nobody else: whoever has a key, a signature or a credential need not install it.
 */
export async function defaultCredential(): Promise<AzureTokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity').catch((error: unknown) => {
    throw isMissing(error) ? notInstalled(error) : error
  })
  return new DefaultAzureCredential()
}

// Something that the package itself needs may be missing as well; that is another problem.
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes("'@azure/identity'")
  )
}

function notInstalled(cause: unknown): StorageError {
  return new StorageError({
    code: 'denied',
    message:
      'without accountKey, connectionString, sasToken or credential, the package @azure/identity is needed: ' +
      'npm install @azure/identity',
    cause,
  })
}
