import { fileURLToPath } from 'node:url'
import { withPrefix, type StorageAdapter } from '@outlast/storage'
import { azureStorage } from '@outlast/storage-azure'
import { fsStorage } from '@outlast/storage-fs'
import { gcsStorage } from '@outlast/storage-gcs'
import { s3Storage } from '@outlast/storage-s3'
import { errorText } from '../error-text.ts'
import { UserError } from '../user-error.ts'

/**
 * Opens the store that the URL of an option names, with credentials of the environment's usual variables. Reaches out to
 * nothing. Throws a `UserError` that never repeats the URL, which may hold what does not belong in it.
 */
export function storageFromUrl(
  text: string,
  { option = '--store', environment }: { readonly option?: string; readonly environment: NodeJS.ProcessEnv },
): StorageAdapter {
  try {
    return openStorage(text, environment)
  } catch (error) {
    throw new UserError(`${option}: ${errorText(error)}`)
  }
}

function openStorage(text: string, environment: NodeJS.ProcessEnv): StorageAdapter {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const opener = url && openers.get(url.protocol)
  if (!url || !opener) throw fault(`is no store's URL; ${shapes}`)
  if (url.username || url.password) throw fault(`must not hold credentials; ${credentialsHelp}`)
  if (url.port || url.hash) throw fault('must have neither a port nor a fragment; a server goes into endpoint=…')
  try {
    const parameters = parametersOf(url, opener.names)
    const storage = opener.open({ url, text, bucket: url.hostname, parameters, environment })
    const prefix = url.protocol === 'file:' ? '' : decodeURIComponent(url.pathname).replace(/^\/|\/$/g, '')
    return prefix ? withPrefix(storage, prefix) : storage
  } catch (error) {
    throw error instanceof UserError ? error : fault(`cannot be used: ${errorText(error)}`)
  }
}

interface Place {
  readonly url: URL
  /** As it was given. */
  readonly text: string
  readonly bucket: string
  readonly parameters: ReadonlyMap<string, string>
  readonly environment: NodeJS.ProcessEnv
}

interface Opener {
  /** Query parameters that it knows. */
  readonly names: readonly string[]
  open(place: Place): StorageAdapter
}

const shapes =
  'give s3://bucket/prefix?region=…&endpoint=…&path_style=true, gs://bucket/prefix?endpoint=…, ' +
  'azblob://container/prefix?account=…&endpoint=…, or file:///path'

const credentialsHelp = 'set AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS or AZURE_STORAGE_KEY and the like'

const openers: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  [
    's3:',
    {
      names: ['region', 'endpoint', 'path_style'],
      open({ bucket, parameters }) {
        const [region, endpoint] = [parameters.get('region'), parameters.get('endpoint')]
        const forcePathStyle = booleanOf(parameters, 'path_style')
        // The SDK's own chain finds the credentials: environment, profile, web identity, instance role.
        return s3Storage({
          bucket,
          ...(region !== undefined && { region }),
          ...(endpoint !== undefined && { endpoint }),
          ...(forcePathStyle !== undefined && { forcePathStyle }),
        })
      },
    },
  ],
  [
    'gs:',
    {
      names: ['endpoint', 'project'],
      open({ bucket, parameters, environment }) {
        const apiEndpoint = parameters.get('endpoint')
        const projectId = parameters.get('project') ?? environment['GOOGLE_CLOUD_PROJECT']
        return gcsStorage({
          bucket,
          ...(apiEndpoint !== undefined && { apiEndpoint }),
          ...(projectId && { projectId }),
        })
      },
    },
  ],
  [
    'azblob:',
    {
      names: ['account', 'endpoint'],
      open({ bucket, parameters, environment }) {
        const endpoint = parameters.get('endpoint')
        const accountName = parameters.get('account') ?? environment['AZURE_STORAGE_ACCOUNT']
        return azureStorage({
          container: bucket,
          ...azureProof(environment),
          ...(accountName && { accountName }),
          ...(endpoint !== undefined && { endpoint }),
        })
      },
    },
  ],
  [
    'file:',
    {
      names: [],
      open({ url, text }) {
        if (!text.toLowerCase().startsWith('file:///')) throw fault('must hold a whole path: file:///path')
        // A folder that is not there is a mistake, or a disk that is not mounted, and no empty store.
        return fsStorage({ path: fileURLToPath(url), mustExist: true })
      },
    },
  ],
])

// The variables of Azure's own command line tool, the most telling first.
function azureProof(
  environment: NodeJS.ProcessEnv,
): { connectionString: string } | { accountKey: string } | { sasToken: string } {
  const connectionString = environment['AZURE_STORAGE_CONNECTION_STRING']
  if (connectionString) return { connectionString }
  const accountKey = environment['AZURE_STORAGE_KEY']
  if (accountKey) return { accountKey }
  const sasToken = environment['AZURE_STORAGE_SAS_TOKEN']
  if (sasToken) return { sasToken }
  throw fault('needs AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING in the environment')
}

function parametersOf({ searchParams }: URL, names: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of searchParams) {
    if (!names.includes(name)) throw fault(`has an unknown parameter; known here: ${names.join(', ') || 'none'}`)
    if (parameters.has(name)) throw fault(`gives ${name} twice`)
    if (value === '') throw fault(`gives ${name} without a value`)
    parameters.set(name, value)
  }
  return parameters
}

function booleanOf(parameters: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (value === 'true' || value === 'false') return value === 'true'
  throw fault(`gives ${name} a value that is neither true nor false`)
}

function fault(message: string): UserError {
  return new UserError(message)
}
