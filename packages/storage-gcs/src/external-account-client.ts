import type * as Library from 'google-auth-library'
import type {
  AuthClient,
  AwsClientOptions,
  IdentityPoolClientOptions,
  PluggableAuthClientOptions,
} from 'google-auth-library'

import type { GcsCredentials } from './gcs-options.ts'

/** A client for workload identity federation, by where the credentials say that the foreign token comes from. */
export function externalAccountClient(credentials: GcsCredentials, library: typeof Library): AuthClient | undefined {
  if (!('audience' in credentials && 'subject_token_type' in credentials)) return undefined
  if (isAws(credentials)) return new library.AwsClient(credentials)
  if (isExecutable(credentials)) return new library.PluggableAuthClient(credentials)
  if (isIdentityPool(credentials)) return new library.IdentityPoolClient(credentials)
  return undefined
}

const isAws = (credentials: object): credentials is AwsClientOptions => sourceHas(credentials, 'environment_id')

const isExecutable = (credentials: object): credentials is PluggableAuthClientOptions =>
  sourceHas(credentials, 'executable')

const isIdentityPool = (credentials: object): credentials is IdentityPoolClientOptions =>
  ['file', 'url', 'certificate'].some((name) => sourceHas(credentials, name))

function sourceHas(credentials: object, name: string): boolean {
  const source = 'credential_source' in credentials ? credentials.credential_source : undefined
  return typeof source === 'object' && source !== null && name in source
}
