import type { StorageErrorCode } from '@outlast/storage'

import { s3Failure, type S3Failure } from './s3-failure.ts'

interface Meaning {
  readonly code: StorageErrorCode
  readonly problem: string
  readonly retryable?: boolean
}

const denied: Meaning = { code: 'denied', problem: 'access denied' }
// The SDK does not tell "there are none" from "the server that gives them is away", which may pass.
const noCredentials: Meaning = { code: 'denied', problem: 'no usable credentials were found', retryable: true }
const kmsKey: Meaning = { code: 'denied', problem: 'the KMS key cannot be used' }
const missingBucket: Meaning = { code: 'bucket-not-found', problem: 'the bucket does not exist' }
const otherRegion: Meaning = { code: 'bucket-not-found', problem: 'the bucket is in another region' }
const slowDown: Meaning = { code: 'throttled', problem: 'the store asks to slow down' }
const conflict: Meaning = { code: 'conflict', problem: 'a concurrent write to the same key' }
const tooLarge: Meaning = { code: 'too-large', problem: 'the store takes no object of this size' }
const damaged: Meaning = { code: 'unavailable', problem: 'the bytes were damaged on their way to the store' }
const full: Meaning = { code: 'no-space', problem: 'the store is full' }
const unreachable: Meaning = { code: 'unavailable', problem: 'the store cannot be reached' }
const failed: Meaning = { code: 'unavailable', problem: 'the store failed' }
const timeout: Meaning = { code: 'timeout', problem: 'the store did not answer in time' }
const foreign: Meaning = { code: 'invalid-response', problem: "the answer is not S3's; is there a proxy in between?" }

/** By error code of S3 (AWS "Error responses", Ceph, MinIO) or STS, or the name of an error of the SDK's own. */
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
  InvalidIdentityTokenException: denied,
  TokenRefreshRequired: denied,
  InvalidAccessKeyId: denied,
  SignatureDoesNotMatch: denied,
  CredentialsProviderError: noCredentials,
  // Of a token file (AWS_WEB_IDENTITY_TOKEN_FILE) or a profile.
  ENOENT: noCredentials,
  EACCES: noCredentials,
  EISDIR: noCredentials,
  IDPCommunicationErrorException: { code: 'unavailable', problem: 'the identity provider cannot be reached' },
  // The SDK learns the server's clock from this answer and signs the next request with it.
  RequestTimeTooSkewed: { code: 'denied', problem: "this machine's clock is wrong", retryable: true },
  EntityTooLarge: tooLarge,
  MaxMessageLengthExceeded: tooLarge,
  IncompleteBody: damaged,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  // How a server says that it does not know a header, such as If-None-Match.
  NotImplemented: { code: 'unsupported', problem: 'the store does not know this kind of request' },
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
  // S3 says PreconditionFailed. The status alone is no proof that the key is taken: it may be a proxy's.
  412: foreign,
  413: tooLarge,
  429: slowDown,
  507: full,
}

/** Turns whatever the SDK threw into a code and one sentence without credentials. */
export function mapS3Error(
  error: unknown,
): { code: StorageErrorCode; retryable?: boolean | undefined; message: string } | undefined {
  if (error instanceof Error && error.message === 'Region is missing') {
    return { code: 'unknown', message: 'no region is known; set the option region, or AWS_REGION' }
  }
  const failure = s3Failure(error)
  const meaning = meaningOf(failure)
  if (meaning === undefined) return undefined
  const { code, problem, retryable } = meaning
  return { code, message: `${problem} (${label(failure)})`, retryable }
}

function meaningOf({ code, status }: S3Failure): Meaning | undefined {
  // KMS may be busy, as S3 may be.
  const name = code.replace(/^KMS\./, '')
  if (Object.hasOwn(meaningOfCode, name)) return meaningOfCode[name]
  if (status === undefined) return meaningOfTransport(code)
  if (status >= 500 && status !== 507) return failed
  // KMS.DisabledException, KMS.NotFoundException and the like: KMS refused what S3 asked of it.
  if (code.startsWith('KMS.')) return kmsKey
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
