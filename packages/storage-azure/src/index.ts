// The public surface: what is listed here is what the package promises.
export { azureStorage } from './azure-storage.ts'
export type { AzureStorageOptions, AzureTokenCredential } from './azure-options.ts'
