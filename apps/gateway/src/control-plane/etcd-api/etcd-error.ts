import type { FastifyReply } from 'fastify'

import { StoreError } from '../store/store-error.ts'

/** The gRPC status codes that this API answers with, and the HTTP status that etcd's gateway gives each. */
const httpStatus = {
  invalidArgument: { code: 3, status: 400 },
  permissionDenied: { code: 7, status: 403 },
  resourceExhausted: { code: 8, status: 429 },
  outOfRange: { code: 11, status: 400 },
  unimplemented: { code: 12, status: 501 },
  internal: { code: 13, status: 500 },
  unavailable: { code: 14, status: 503 },
  unauthenticated: { code: 16, status: 401 },
} as const

export type EtcdErrorKind = keyof typeof httpStatus

/** An answer that is an error in etcd's words. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError'
  readonly code: number
  readonly status: number
  /** When it is worth trying again, if that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(kind: EtcdErrorKind, message: string, options: { readonly retryAfterSeconds?: number } = {}) {
    super(message)
    this.code = httpStatus[kind].code
    this.status = httpStatus[kind].status
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export async function sendEtcdError(reply: FastifyReply, error: EtcdError): Promise<void> {
  const { status, code, message, retryAfterSeconds } = error
  if (retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(retryAfterSeconds))
  }
  await reply.code(status).send({ error: message, message, code })
}

/** `undefined`: nothing a client could be told. */
export function etcdErrorOf(error: unknown): EtcdError | undefined {
  if (error instanceof EtcdError) {
    return error
  }
  if (!StoreError.isInstance(error)) {
    return undefined
  }
  switch (error.code) {
    case 'compacted':
      return new EtcdError('outOfRange', 'etcdserver: mvcc: required revision has been compacted')
    case 'future-revision':
      return new EtcdError('outOfRange', 'etcdserver: mvcc: required revision is a future revision')
    case 'invalid-argument':
      return new EtcdError('invalidArgument', error.message)
    default:
      return new EtcdError('unavailable', 'etcdserver: the store is not available')
  }
}
