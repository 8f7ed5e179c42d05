/** What the SDK asks of a credential; those of `@azure/identity` fit. */
export interface AzureTokenCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>
}

/**
 * At most one way to prove who we are: `connectionString`, `accountKey`, `sasToken` or `credential`. Without any,
 * `DefaultAzureCredential` of `@azure/identity`, which has to be installed then, looks for a managed or workload identity.
 */
export interface AzureStorageOptions {
  readonly container: string
  /** Needed with `accountKey`, and wherever `endpoint` is not given. */
  readonly accountName?: string | undefined
  /** Shared key, base64. */
  readonly accountKey?: string | undefined
  /** URL of the blob service. Default: `https://ACCOUNT.blob.core.windows.net`. */
  readonly endpoint?: string | undefined
  /** Account, key or SAS, and endpoint in one string, as the portal shows it. */
  readonly connectionString?: string | undefined
  /** Shared access signature, with or without the leading `?`. */
  readonly sasToken?: string | undefined
  /** Microsoft Entra ID: a credential of `@azure/identity`, such as `new ManagedIdentityCredential(clientId)`. */
  readonly credential?: AzureTokenCredential | undefined
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/** Throws a `TypeError` that names the option; it never repeats a secret. */
export function checkAzureOptions(options: AzureStorageOptions): void {
  const { container, accountName, accountKey, endpoint, connectionString, sasToken, credential } = options
  const problem = (text: string) => new TypeError(`azureStorage: ${text}`)
  if (typeof container !== 'string' || !/^[^/\s?#]+$/.test(container))
    throw problem('container must be a container name')
  const proofs = [accountKey, connectionString, sasToken, credential].filter((proof) => proof !== undefined)
  if (proofs.length > 1) throw problem('give only one of accountKey, connectionString, sasToken, credential')
  if (connectionString !== undefined) {
    if (!/^\w+=[^;]+(;|$)/.test(connectionString)) throw problem('connectionString must be "Name=value;Name=value;…"')
    return
  }
  if (accountKey !== undefined && !accountName) throw problem('accountKey needs accountName')
  if (endpoint === undefined && !accountName) throw problem('accountName or endpoint is missing')
  const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (endpoint !== undefined && !/^https?:$/.test(url?.protocol ?? '')) {
    throw problem('endpoint must be an http:// or https:// URL')
  }
  if (url && (url.username || url.password)) throw problem('a key belongs in accountKey, not in the endpoint')
  if (accountKey === undefined && sasToken === undefined && url?.protocol === 'http:') {
    throw problem('an identity needs an https:// endpoint: its token would be readable on the way')
  }
  if (endpoint?.includes('?')) throw problem('a signature belongs in sasToken, not in the endpoint')
}
