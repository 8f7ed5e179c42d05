import type * as S3Sdk from '@aws-sdk/client-s3'

import type { S3Credentials, S3StorageOptions } from './s3-options.ts'

export interface S3Connection {
  readonly client: S3Sdk.S3Client
  readonly sdk: typeof S3Sdk
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** Loads the SDK and makes the client at the first call; the sockets are kept between calls. */
export function s3Connection(
  options: S3StorageOptions,
  timeoutMs: number,
): (signal: AbortSignal) => Promise<S3Connection> {
  let current: Promise<S3Connection> | undefined
  return async (signal) => {
    const opening = (current ??= open(options, timeoutMs))
    const giveUp = (): void => {
      if (current === opening) current = undefined
    }
    // The SDK shares one look-up of credentials among all who wait, sets no limit to some (a container's endpoint, a broken
    // answer of an instance's), and cannot be told to end it. Once a call has waited in vain, the next one starts afresh.
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const connection = await opening
      await connection.client.config.credentials()
      return connection
    } catch (error) {
      giveUp()
      throw error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }
}

async function open(options: S3StorageOptions, timeoutMs: number): Promise<S3Connection> {
  const [sdk, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@smithy/node-http-handler'),
  ])
  const { endpoint, credentials, forcePathStyle = endpoint !== undefined } = options
  const region = options.region ?? (endpoint === undefined ? undefined : 'us-east-1')
  const client = new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: fixedKeys(credentials) }),
    forcePathStyle,
    // Retrying is the caller's decision: it knows the deadline, and what an unknown outcome means.
    maxAttempts: 1,
    // Not every S3-compatible server takes the newer checksum headers; content is verified by its own digest.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Waiting for "100 Continue" costs a new connection for each larger write.
    expectContinueHeader: false,
    requestHandler: new NodeHttpHandler({
      // The deadline ends calls by signal; these close sockets that somehow escape it.
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      logger: silent,
    }),
    logger: silent,
  })
  return { client, sdk }
}

// The SDK's type does not take an explicit `undefined`.
function fixedKeys({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}
