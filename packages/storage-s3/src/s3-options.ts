import { checkEncryptionOptions, type S3EncryptionOptions } from './server-side-encryption.ts'

/**
 * Fixed keys. Without them the SDK's default chain looks for credentials, and renews temporary ones: environment, profile,
 * web identity (IRSA), container (ECS, EKS Pod Identity), instance role.
 */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** For temporary keys. */
  readonly sessionToken?: string | undefined
}

export interface S3StorageOptions extends S3EncryptionOptions {
  readonly bucket: string
  /** Default: what the SDK finds (`AWS_REGION`, profile); with an `endpoint`, `us-east-1`. */
  readonly region?: string | undefined
  /** `http://` or `https://` URL of an S3-compatible server. Default: AWS. */
  readonly endpoint?: string | undefined
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. Default: true with an `endpoint`. */
  readonly forcePathStyle?: boolean | undefined
  readonly credentials?: S3Credentials | undefined
  /** Deadline of every call (of every page, for `list`), in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/** Throws a `TypeError` that names the option; it never repeats a credential. */
export function checkS3Options(options: S3StorageOptions): void {
  const { bucket, region, endpoint, credentials } = options
  if (typeof bucket !== 'string' || !/^[^/\s?#]+$/.test(bucket))
    throw new TypeError('s3Storage: bucket must be a bucket name')
  // It becomes a part of the host name.
  if (region !== undefined && !/^[\w-]+$/.test(region)) throw new TypeError('s3Storage: region must be a region name')
  if (endpoint !== undefined) checkEndpoint(endpoint)
  if (credentials !== undefined && !(credentials.accessKeyId && credentials.secretAccessKey)) {
    throw new TypeError('s3Storage: credentials need both accessKeyId and secretAccessKey')
  }
  checkEncryptionOptions(options)
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('s3Storage: endpoint must be an http:// or https:// URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('s3Storage: keys belong in credentials, not in the endpoint')
  }
}
