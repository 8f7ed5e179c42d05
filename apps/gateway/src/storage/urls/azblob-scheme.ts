import type { AzureStorageOptions } from '@outlast/storage-azure'
import { UserError } from '../../user-error.ts'
import type { UrlScheme } from './url-scheme.ts'

/** `azblob://container/prefix`, with what the variables of Azure's own command line tool give; else the machine's identity. */
export const azblobScheme: UrlScheme = {
  parameters: ['account', 'endpoint'],
  hasPrefix: true,
  read({ bucket: container, parameters, timeoutMs, environment }) {
    const [account, endpoint] = [parameters.text('account'), parameters.text('endpoint')]
    const proof = proofIn(environment)
    if (proof.connectionString !== undefined) {
      const twice = account ? 'account' : endpoint ? 'endpoint' : undefined
      if (twice) throw new UserError(`gives ${twice}, and so does AZURE_STORAGE_CONNECTION_STRING; keep one of the two`)
      return { adapter: 'azure', options: { container, ...proof, timeoutMs } }
    }
    const accountName = account ?? (environment['AZURE_STORAGE_ACCOUNT'] || undefined)
    if (!accountName && (!endpoint || proof.accountKey !== undefined)) {
      throw new UserError('needs account=…, or AZURE_STORAGE_ACCOUNT in the environment')
    }
    return { adapter: 'azure', options: { container, accountName, endpoint, ...proof, timeoutMs } }
  },
}

// The most telling first.
function proofIn(
  environment: NodeJS.ProcessEnv,
): Pick<AzureStorageOptions, 'connectionString' | 'accountKey' | 'sasToken'> {
  const connectionString = environment['AZURE_STORAGE_CONNECTION_STRING']
  if (connectionString) return { connectionString }
  const accountKey = environment['AZURE_STORAGE_KEY']
  if (accountKey) return { accountKey }
  const sasToken = environment['AZURE_STORAGE_SAS_TOKEN']
  return sasToken ? { sasToken } : {}
}
