import type { StorageErrorCode } from '@outlast/storage'

import { CredentialsError } from './authorization.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'

interface Meaning {
  readonly code: StorageErrorCode
  readonly problem: string
}

const denied: Meaning = { code: 'denied', problem: 'access denied' }
const noCredentials: Meaning = { code: 'denied', problem: 'no usable credentials were found' }
const missingBucket: Meaning = { code: 'bucket-not-found', problem: 'the bucket does not exist' }
const slowDown: Meaning = { code: 'throttled', problem: 'the store asks to slow down' }
const conflict: Meaning = { code: 'conflict', problem: 'a concurrent write to the same key' }
const unreachable: Meaning = { code: 'unavailable', problem: 'the store cannot be reached' }
const failed: Meaning = { code: 'unavailable', problem: 'the store failed' }
const timeout: Meaning = { code: 'timeout', problem: 'the store did not answer in time' }
const foreign: Meaning = {
  code: 'invalid-response',
  problem: "the answer is not Cloud Storage's; is there a proxy in between?",
}

/** By the JSON API's reason; it is more exact than the status. */
const meaningOfReason: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: slowDown,
  userRateLimitExceeded: slowDown,
  quotaExceeded: slowDown,
  // Only calls on the bucket itself get here with it: for an object, the adapter asks for the bucket.
  notFound: missingBucket,
}

const meaningOfStatus: Readonly<Record<number, Meaning>> = {
  401: denied,
  403: denied,
  404: foreign,
  407: denied,
  408: timeout,
  409: conflict,
  412: { code: 'already-exists', problem: 'the key is taken' },
  429: slowDown,
}

/** Turns whatever was thrown into a code and one sentence without credentials. */
export function mapGcsError(error: unknown): { code: StorageErrorCode; message: string } | undefined {
  const found =
    error instanceof GcsAnswerError
      ? { meaning: meaningOfAnswer(error), label: error.label }
      : meaningOfTransport(error instanceof CredentialsError ? error.cause : error)
  const meaning = found.meaning ?? (error instanceof CredentialsError ? noCredentials : undefined)
  return meaning && { code: meaning.code, message: `${meaning.problem}${found.label && ` (${found.label})`}` }
}

function meaningOfAnswer({ status, reason }: GcsAnswerError): Meaning | undefined {
  if (status >= 500) return failed
  if (status < 400) return foreign
  if (reason !== undefined && Object.hasOwn(meaningOfReason, reason)) return meaningOfReason[reason]
  return meaningOfStatus[status]
}

// Not ENOENT and the like: those are about a credential file.
const networkError =
  /^(E(CONN|HOST|NET|PIPE|PROTO|TIMEDOUT|NOTFOUND|ADDR|MFILE)\w*|EAI_[A-Z]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT))$/
const tlsError = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)\w+$/

/** No answer came: `fetch` keeps Node's error code in the cause. */
function meaningOfTransport(error: unknown): { meaning: Meaning | undefined; label: string } {
  const code = (error instanceof Error ? codeOf(error.cause) : undefined) ?? codeOf(error) ?? ''
  if (code.startsWith('HPE_')) return { meaning: foreign, label: code }
  if (networkError.test(code) || tlsError.test(code)) return { meaning: unreachable, label: code }
  return { meaning: undefined, label: code }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
