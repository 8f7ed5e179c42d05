import type * as Library from 'google-auth-library'
import type { AuthClient, ExternalAccountAuthorizedUserClientOptions } from 'google-auth-library'

import { readCredentialFile } from './credential-file.ts'
import { CredentialsError } from './credentials-error.ts'
import { externalAccountClient } from './external-account-client.ts'
import type { GcsCredentials, GcsStorageOptions } from './gcs-options.ts'

// What the identity may do is IAM's business. A narrower scope would shut out impersonation, which asks another API.
const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/**
 * Loads Google's SDK and opens it with the credentials that were given, else with those of the file that
 * `GOOGLE_APPLICATION_CREDENTIALS` names; else it finds gcloud's, or the metadata server's.
 */
export async function openAuthClient(
  options: Pick<GcsStorageOptions, 'credentials' | 'keyFilename'>,
): Promise<AuthClient> {
  const [{ Storage }, library] = await Promise.all([import('@google-cloud/storage'), import('google-auth-library')])
  const credentials = options.credentials ?? (await credentialsOfFile(options.keyFilename))
  const given = credentials && clientFor(credentials, library)
  // The library remembers for the life of the process that no metadata server answered, which may have been starting.
  library.gcpMetadata.resetIsAvailableCache()
  // Without a project, the SDK would run gcloud and ask the metadata server for one that nobody needs.
  const sdk = new Storage({ projectId: 'none', ...(given && { authClient: given }) })
  return sdk.authClient.getClient()
}

async function credentialsOfFile(keyFilename: string | undefined): Promise<GcsCredentials | undefined> {
  if (keyFilename !== undefined) return readCredentialFile(keyFilename, 'keyFilename')
  const path = process.env['GOOGLE_APPLICATION_CREDENTIALS']
  return path ? readCredentialFile(path, 'GOOGLE_APPLICATION_CREDENTIALS') : undefined
}

/**
 * A client of the type that the credentials name: the library's own choice by content is deprecated, and warns on the
 * console.
 */
function clientFor(credentials: GcsCredentials, library: typeof Library): AuthClient {
  const { type = 'private_key' in credentials ? 'service_account' : undefined } = credentials
  const make = typeof type === 'string' && Object.hasOwn(clients, type) ? clients[type] : undefined
  if (make === undefined) throw new CredentialsError({ problem: 'the credentials are of no known type' })
  const incomplete = (cause?: unknown) =>
    new CredentialsError({ problem: `the credentials of type ${String(type)} are incomplete`, cause })
  let client: AuthClient | undefined
  try {
    client = make(credentials, library)
  } catch (cause) {
    throw incomplete(cause)
  }
  if (client === undefined) throw incomplete()
  return client
}

const clients: Readonly<
  Record<string, (credentials: GcsCredentials, library: typeof Library) => AuthClient | undefined>
> = {
  service_account(credentials, { JWT }) {
    const client = new JWT({ scopes })
    client.fromJSON(credentials)
    return client
  },
  authorized_user(credentials, { UserRefreshClient }) {
    const client = new UserRefreshClient()
    client.fromJSON(credentials)
    return client
  },
  impersonated_service_account: (credentials, { GoogleAuth }) =>
    new GoogleAuth({ scopes }).fromImpersonatedJSON(credentials),
  external_account_authorized_user: (credentials, { ExternalAccountAuthorizedUserClient }) =>
    isFederatedUser(credentials) ? new ExternalAccountAuthorizedUserClient(credentials) : undefined,
  external_account: (credentials, library) => externalAccountClient({ ...credentials, scopes }, library),
}

const isFederatedUser = (credentials: object): credentials is ExternalAccountAuthorizedUserClientOptions =>
  ['client_id', 'client_secret', 'refresh_token'].every((name) => name in credentials)
