import { CredentialsError } from './credentials-error.ts'
import { defaultEndpoint, type GcsStorageOptions } from './gcs-options.ts'
import { openAuthClient } from './open-auth-client.ts'

export interface Authorization {
  /** The headers that authorize a request, with a token that is renewed in time. Rejects with a `CredentialsError`. */
  headers(signal: AbortSignal): Promise<Headers>
  /**
   * Drops the token of these headers, which the service refused, unless somebody else has done so. False where there is
   * none, so that another attempt is of no use.
   */
  forget(refused: Headers): boolean
}

/** For an emulator: nothing is looked for, and nothing is sent. */
export const noAuthorization: Authorization = {
  headers: () => Promise.resolve(new Headers()),
  forget: () => false,
}

/** Loads Google's SDK and finds the credentials at the first call. */
export function authorization(options: GcsStorageOptions): Authorization {
  const { apiEndpoint = defaultEndpoint } = options
  let current: ReturnType<typeof openAuthClient> | undefined
  const sources = new WeakMap<Headers, typeof current>()
  return {
    async headers(signal) {
      const opening = (current ??= openAuthClient(options))
      const giveUp = (): void => {
        if (current === opening) current = undefined
      }
      // The library shares one token request among all who wait, sets no limit to it (metadata server, token exchange),
      // and cannot be told to end it. Once a call has waited in vain, the next one starts afresh.
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        const client = await opening
        const headers = new Headers(await client.getRequestHeaders(apiEndpoint))
        sources.set(headers, opening)
        return headers
      } catch (cause) {
        giveUp()
        throw cause instanceof CredentialsError ? cause : new CredentialsError({ cause })
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
    forget(refused) {
      if (current === sources.get(refused)) current = undefined
      return true
    },
  }
}
