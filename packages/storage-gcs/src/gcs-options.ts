/**
 * The content of a credential file of Google's: a service account key (`client_email`, `private_key`, …), or the
 * configuration of workload identity federation (`"type": "external_account"`).
 */
export type GcsCredentials = Readonly<Record<string, unknown>>

export interface GcsStorageOptions {
  readonly bucket: string
  /**
   * Default `https://storage.googleapis.com`. An `http://` endpoint is taken for an emulator: no credentials
   * are looked for, and none are sent.
   */
  readonly apiEndpoint?: string | undefined
  /** Default: Application Default Credentials (environment, gcloud, workload identity, metadata server). */
  readonly credentials?: GcsCredentials | undefined
  /** Path of a credential file, instead of `credentials`. */
  readonly keyFilename?: string | undefined
  /** The project that pays for the requests, where the bucket's owner does not ("requester pays"). */
  readonly userProject?: string | undefined
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

export const defaultEndpoint = 'https://storage.googleapis.com'

/** Throws a `TypeError` that names the option; it never repeats a secret. */
export function checkGcsOptions(options: GcsStorageOptions): void {
  const { bucket, apiEndpoint = defaultEndpoint, credentials, keyFilename, userProject } = options
  const problem = (text: string) => new TypeError(`gcsStorage: ${text}`)
  if (typeof bucket !== 'string' || !/^[^/\s?#]+$/.test(bucket)) throw problem('bucket must be a bucket name')
  if (credentials !== undefined && keyFilename !== undefined) throw problem('give credentials or keyFilename, not both')
  if (userProject !== undefined && !/^[\w.:-]+$/.test(userProject)) throw problem('userProject must be a project ID')
  if (!URL.canParse(apiEndpoint) || !/^https?:\/\/[^/?#@]+\/?$/.test(apiEndpoint)) {
    throw problem('apiEndpoint must be an http:// or https:// URL without a user or a path')
  }
  if (apiEndpoint.startsWith('http:') && (credentials ?? keyFilename) !== undefined) {
    throw problem('credentials are not sent over http://')
  }
}
