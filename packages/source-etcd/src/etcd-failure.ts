import type { IncomingMessage } from 'node:http'
import { SourceError } from '@outlast/snapshot'
import { asText, invalid, readJsonObject } from './json-reply.ts'

/** An error that etcd itself answered: a gRPC status code and a sentence, without keys or values. */
export interface EtcdFailure {
  readonly code: unknown
  readonly message: string
}

/** Rejects with `invalid-response` when the answer is not etcd's, but for example a proxy's page. */
export async function readFailure(response: IncomingMessage): Promise<EtcdFailure> {
  try {
    const body = await readJsonObject(response)
    const message = asText(body['error'])
    if (message !== '') return { code: body['code'], message: message.slice(0, 200) }
  } catch (error) {
    if (!SourceError.isInstance(error)) throw error
  }
  throw invalid(`HTTP status ${String(response.statusCode)} from something that is not etcd`)
}

/** gRPC's OUT_OF_RANGE: the asked revision is gone already, or was never reached. */
export function missingRevision({ code, message }: EtcdFailure): 'compacted' | 'future' | undefined {
  if (code !== 11) return undefined
  return message.includes('compacted') ? 'compacted' : 'future'
}

/** The token has expired, was issued before a restart, or before a change of users and roles. */
export function isTokenRefused({ code, message }: EtcdFailure): boolean {
  return code === 16 || message.includes('revision of auth store is old')
}

export function failureError({ code, message }: EtcdFailure): SourceError {
  // 7 PERMISSION_DENIED, 16 UNAUTHENTICATED; for wrong passwords and absent tokens etcd answers 3 and 9.
  const denied = code === 7 || code === 16 || /user name|auth/i.test(message)
  return new SourceError(denied ? 'denied' : 'unavailable', message)
}
