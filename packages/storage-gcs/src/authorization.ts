import { defaultEndpoint, type GcsStorageOptions } from './gcs-options.ts'

type HeaderSource = () => Promise<Headers>

export interface Authorization {
  /** The headers that authorize a request, with a token that is renewed in time. Rejects with a `CredentialsError`. */
  headers(): Promise<Headers>
  /** The service refused the token: get another one before the next call. */
  forget(): void
}

/** No token could be had; the cause says why. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'

  constructor(cause: unknown) {
    super('no token could be had', { cause })
  }
}

/** Loads Google's SDK and finds the credentials at the first call. */
export function authorization(options: GcsStorageOptions): Authorization {
  let source: Promise<HeaderSource> | undefined
  return {
    async headers() {
      try {
        source ??= open(options)
        const headers = await source
        return new Headers(await headers())
      } catch (error) {
        source = undefined
        throw new CredentialsError(error)
      }
    },
    forget() {
      source = undefined
    },
  }
}

async function open(options: GcsStorageOptions): Promise<HeaderSource> {
  const { apiEndpoint = defaultEndpoint, projectId, credentials, keyFilename } = options
  if (apiEndpoint.startsWith('http:')) return () => Promise.resolve(new Headers())
  const { Storage } = await import('@google-cloud/storage')
  const { authClient } = new Storage({
    ...(projectId === undefined ? {} : { projectId }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(keyFilename === undefined ? {} : { keyFilename }),
  })
  return () => authClient.getRequestHeaders(apiEndpoint)
}
