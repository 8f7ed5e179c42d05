import type { StorageErrorCode } from '@outlast/storage'

import { azureFailure, type AzureFailure } from './azure-failure.ts'

interface Meaning {
  readonly code: StorageErrorCode
  readonly problem: string
  readonly retryable?: boolean
}

const exists: Meaning = { code: 'already-exists', problem: 'the key is taken' }
const denied: Meaning = { code: 'denied', problem: 'access denied' }
// The SDK does not tell "there are none" from "the service that gives tokens is away", which may pass.
const noCredentials: Meaning = { code: 'denied', problem: 'no usable credentials were found', retryable: true }
const missingContainer: Meaning = { code: 'bucket-not-found', problem: 'the container does not exist' }
const slowDown: Meaning = { code: 'throttled', problem: 'the store asks to slow down' }
const conflict: Meaning = { code: 'conflict', problem: 'the key is locked or being changed' }
const tooLarge: Meaning = { code: 'too-large', problem: 'the store takes no object of this size' }
const unreachable: Meaning = { code: 'unavailable', problem: 'the store cannot be reached' }
const failed: Meaning = { code: 'unavailable', problem: 'the store failed' }
const timeout: Meaning = { code: 'timeout', problem: 'the store did not answer in time' }
const foreign: Meaning = {
  code: 'invalid-response',
  problem: "the answer is not Azure's; is there a proxy in between?",
}

/** By the service's error code (Microsoft: "Blob Storage error codes"), or the name of an error of the SDK's own. */
const meaningOfCode: Readonly<Record<string, Meaning>> = {
  BlobAlreadyExists: exists,
  ConditionNotMet: exists,
  TargetConditionNotMet: exists,
  ContainerNotFound: missingContainer,
  ContainerBeingDeleted: missingContainer,
  ContainerDisabled: missingContainer,
  ResourceNotFound: missingContainer,
  LeaseIdMissing: conflict,
  BlobImmutableDueToPolicy: denied,
  NoAuthenticationInformation: denied,
  InvalidAuthenticationInfo: denied,
  RequestBodyTooLarge: tooLarge,
  ServerBusy: slowDown,
  OperationTimedOut: timeout,
  // Errors of @azure/identity.
  CredentialUnavailableError: noCredentials,
  AggregateAuthenticationError: noCredentials,
  AuthenticationRequiredError: noCredentials,
  AuthenticationError: noCredentials,
  // What the SDK makes of a page that it cannot read as an answer.
  PARSE_ERROR: foreign,
  RangeError: foreign,
  TypeError: foreign,
}

const meaningOfStatus: Readonly<Record<number, Meaning>> = {
  401: denied,
  403: denied,
  407: denied,
  // BlobNotFound is answered before it gets here, so this is somebody else's "not found".
  404: foreign,
  409: conflict,
  // Azure says which condition. The status alone is no proof that the key is taken: it may be a proxy's.
  412: foreign,
  413: tooLarge,
  429: slowDown,
}

/** Turns whatever the SDK threw into a code and one sentence without credentials. */
export function mapAzureError(
  error: unknown,
): { code: StorageErrorCode; retryable?: boolean | undefined; message: string } | undefined {
  const failure = azureFailure(error)
  const meaning = meaningOf(failure)
  if (meaning === undefined) return undefined
  const { code, problem, retryable } = meaning
  return { code, message: `${problem} (${label(failure)})`, retryable }
}

function meaningOf({ code, status }: AzureFailure): Meaning | undefined {
  if (Object.hasOwn(meaningOfCode, code)) return meaningOfCode[code]
  if (status === undefined) return meaningOfTransport(code)
  if (status >= 500) return failed
  // A status of success and still an error: the SDK could not read the answer.
  if (status < 400) return foreign
  return meaningOfStatus[status]
}

const systemError = /^(E[A-Z]+|EAI_[A-Z]+|ERR_(TLS|SSL|SOCKET)_\w+|REQUEST_SEND_ERROR)$/
const certificateError = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)\w+$/

/** No answer came: Node's error code says how far the request got. */
function meaningOfTransport(code: string): Meaning | undefined {
  if (code.startsWith('HPE_')) return foreign
  return systemError.test(code) || certificateError.test(code) ? unreachable : undefined
}

// Short identifiers only: messages of servers and SDKs may repeat credentials or content.
function label({ code, status }: AzureFailure): string {
  const identifier = /^[A-Za-z]\w{2,63}$/.test(code) && code !== 'RestError' ? code : undefined
  return identifier ?? (status === undefined ? 'no details' : `HTTP ${status}`)
}
