import type { StorageErrorCode } from '@outlast/storage'

import { s3Failure, type S3Failure } from './s3-failure.ts'

interface Meaning {
  readonly code: StorageErrorCode
  readonly problem: string
  readonly retryable?: boolean
}

const denied: Meaning = { code: 'denied', problem: 'access denied' }
const missingBucket: Meaning = { code: 'bucket-not-found', problem: 'the bucket does not exist' }
const otherRegion: Meaning = { code: 'bucket-not-found', problem: 'the bucket is in another region' }
const slowDown: Meaning = { code: 'throttled', problem: 'the store asks to slow down' }
const conflict: Meaning = { code: 'conflict', problem: 'a concurrent write to the same key' }
const full: Meaning = { code: 'no-space', problem: 'the store is full' }
const unreachable: Meaning = { code: 'unavailable', problem: 'the store cannot be reached' }
const failed: Meaning = { code: 'unavailable', problem: 'the store failed' }
const timeout: Meaning = { code: 'timeout', problem: 'the store did not answer in time' }
const foreign: Meaning = { code: 'invalid-response', problem: "the answer is not S3's; is there a proxy in between?" }

/** By S3 error code (AWS "Error responses", Ceph, MinIO), or the name of an error of the SDK's own. */
const meaningOfCode: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: missingBucket,
  InvalidBucketName: missingBucket,
  PermanentRedirect: otherRegion,
  TemporaryRedirect: { ...otherRegion, code: 'unavailable' },
  AuthorizationHeaderMalformed: otherRegion,
  PreconditionFailed: { code: 'already-exists', problem: 'the key is taken' },
  ConditionalRequestConflict: conflict,
  OperationAborted: conflict,
  SlowDown: slowDown,
  RequestLimitExceeded: slowDown,
  Throttling: slowDown,
  ThrottlingException: slowDown,
  TooManyRequestsException: slowDown,
  ExpiredToken: denied,
  ExpiredTokenException: denied,
  InvalidToken: denied,
  InvalidIdentityToken: denied,
  TokenRefreshRequired: denied,
  InvalidAccessKeyId: denied,
  SignatureDoesNotMatch: denied,
  CredentialsProviderError: { code: 'denied', problem: 'no usable credentials were found' },
  // The SDK learns the server's clock from this answer and signs the next request with it.
  RequestTimeTooSkewed: { code: 'denied', problem: "this machine's clock is wrong", retryable: true },
  QuotaExceeded: full,
  XMinioStorageFull: full,
  RequestTimeout: timeout,
  TimeoutError: timeout,
}

const meaningOfStatus: Readonly<Record<number, Meaning>> = {
  301: otherRegion,
  401: denied,
  403: denied,
  407: denied,
  // NoSuchKey is answered before it gets here, so this is somebody else's "not found".
  404: foreign,
  409: conflict,
  412: { code: 'already-exists', problem: 'the key is taken' },
  429: slowDown,
  507: full,
}

/** Turns whatever the SDK threw into a code and one sentence without credentials. */
export function mapS3Error(
  error: unknown,
): { code: StorageErrorCode; retryable?: boolean; message: string } | undefined {
  if (error instanceof Error && error.message === 'Region is missing') {
    return { code: 'unknown', message: 'no region is known; set the option region, or AWS_REGION' }
  }
  const failure = s3Failure(error)
  const meaning = meaningOf(failure)
  if (meaning === undefined) return undefined
  const { code, problem, retryable } = meaning
  return { code, message: `${problem} (${label(failure)})`, ...(retryable === undefined ? {} : { retryable }) }
}

function meaningOf({ code, status }: S3Failure): Meaning | undefined {
  if (Object.hasOwn(meaningOfCode, code)) return meaningOfCode[code]
  if (status === undefined) return meaningOfTransport(code)
  if (status >= 500 && status !== 507) return failed
  // A status of success and still an error: the SDK could not read the answer.
  if (status < 400 && status !== 301) return foreign
  return meaningOfStatus[status]
}

const systemError = /^(E[A-Z]+|EAI_[A-Z]+|ERR_(TLS|SSL|SOCKET)_\w+)$/
const certificateError = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)\w+$/

/** No answer came: Node's error code says how far the request got. */
function meaningOfTransport(code: string): Meaning | undefined {
  if (code.startsWith('HPE_')) return foreign
  return systemError.test(code) || certificateError.test(code) ? unreachable : undefined
}

// Short identifiers only: messages of servers and SDKs may repeat credentials or content.
function label({ code, status }: S3Failure): string {
  const identifier =
    /^[A-Za-z][\w.]{2,63}$/.test(code) && !['Error', 'Unknown', 'NotFound'].includes(code) ? code : undefined
  return identifier ?? (status === undefined ? 'no details' : `HTTP ${status}`)
}
