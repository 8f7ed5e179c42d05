import type { StorageErrorCode } from '@outlast/storage'

import { CredentialsError } from './credentials-error.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'

interface Meaning {
  readonly code: StorageErrorCode
  readonly problem: string
  readonly retryable?: boolean
}

const denied: Meaning = { code: 'denied', problem: 'access denied' }
const noCredentials: Meaning = { code: 'denied', problem: 'no usable credentials were found' }
// The library does not tell "there are none" from "the metadata server is not there yet", which may pass.
const nothingFound: Meaning = { ...noCredentials, retryable: true }
const missingBucket: Meaning = { code: 'bucket-not-found', problem: 'the bucket does not exist' }
const slowDown: Meaning = { code: 'throttled', problem: 'the store asks to slow down' }
const conflict: Meaning = { code: 'conflict', problem: 'a concurrent write to the same key' }
const unreachable: Meaning = { code: 'unavailable', problem: 'the store cannot be reached' }
const failed: Meaning = { code: 'unavailable', problem: 'the store failed' }
const tokensFailed: Meaning = { code: 'unavailable', problem: 'the server that gives tokens failed' }
const timeout: Meaning = { code: 'timeout', problem: 'the store did not answer in time' }
const foreign: Meaning = {
  code: 'invalid-response',
  problem: "the answer is not Cloud Storage's; is there a proxy in between?",
}

/** By the JSON API's reason; it is more exact than the status (cloud.google.com/storage/docs/json_api/v1/status-codes). */
const meaningOfReason: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: slowDown,
  userRateLimitExceeded: slowDown,
  quotaExceeded: slowDown,
  // Both with 412. That status alone is no proof that the key is taken: it may be a proxy's.
  conditionNotMet: { code: 'already-exists', problem: 'the key is taken' },
  orgPolicyConstraintFailed: denied,
  // Only writes and listings get here with it, and these need no more than the bucket.
  notFound: missingBucket,
}

const meaningOfStatus: Readonly<Record<number, Meaning>> = {
  401: denied,
  403: denied,
  404: foreign,
  407: denied,
  408: timeout,
  409: conflict,
  412: foreign,
  413: { code: 'too-large', problem: 'the store takes no object of this size' },
  429: slowDown,
}

/** Turns whatever was thrown into a code and one sentence without credentials. */
export function mapGcsError(
  error: unknown,
): { code: StorageErrorCode; retryable?: boolean | undefined; message: string } | undefined {
  const { meaning, label } = findMeaning(error)
  if (meaning === undefined) return undefined
  const { code, problem, retryable } = meaning
  return { code, message: `${problem}${label && ` (${label})`}`, retryable }
}

interface Found {
  readonly meaning: Meaning | undefined
  /** Status, reason or Node's code. */
  readonly label: string
}

function findMeaning(error: unknown): Found {
  if (error instanceof GcsAnswerError) return { meaning: meaningOfAnswer(error), label: error.label }
  if (error instanceof CredentialsError) return meaningOfCredentials(error)
  return meaningOfTransport(error)
}

function meaningOfAnswer({ status, reason }: GcsAnswerError): Meaning | undefined {
  if (status >= 500) return failed
  if (status < 400) return foreign
  if (reason !== undefined && Object.hasOwn(meaningOfReason, reason)) return meaningOfReason[reason]
  return meaningOfStatus[status]
}

/** A token server that is away or failing is no proof that the credentials are wrong. */
function meaningOfCredentials({ problem, cause }: CredentialsError): Found {
  if (problem !== undefined) return { meaning: { code: 'denied', problem }, label: '' }
  const status = cause instanceof Error && 'status' in cause ? cause.status : undefined
  if (typeof status === 'number') {
    const meaning = status === 429 ? slowDown : status >= 500 ? tokensFailed : noCredentials
    return { meaning, label: `HTTP ${status}` }
  }
  const { meaning = nothingFound, label } = meaningOfTransport(cause)
  return { meaning, label }
}

const networkError = /^(E(CONN|HOST|NET|PIPE|PROTO|TIMEDOUT|NOTFOUND|ADDR|MFILE)\w*|EAI_[A-Z]+)$/
const tlsError = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)\w+$/

/** No answer came. */
function meaningOfTransport(error: unknown): Found {
  const code = (error instanceof Error ? codeOf(error.cause) : undefined) ?? codeOf(error) ?? ''
  if (code.startsWith('HPE_')) return { meaning: foreign, label: code }
  if (networkError.test(code) || tlsError.test(code)) return { meaning: unreachable, label: code }
  return { meaning: undefined, label: code }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
