import { authorizedPost } from './authorized-post.ts'
import type { Credentials } from './credentials.ts'
import { failureError, missingRevision } from './etcd-failure.ts'
import type { EtcdSourceOptions } from './etcd-source.ts'
import { frameReader, type FrameReader } from './frame-reader.ts'
import { openConnection } from './http-connection.ts'
import { readJsonObject } from './json-reply.ts'
import { parseRangeReply, rangeBody, type RangeRequest, type RangeResult } from './range.ts'
import { sourceErrorOf } from './source-error-of.ts'
import { transactionBody, type EtcdChange } from './transaction.ts'
import { withDeadline } from './with-deadline.ts'

/** etcd's JSON API at one endpoint. Calls reject with `SourceError`, or with the reason of the client's signal. */
export interface EtcdClient {
  readonly endpoint: string
  range(request: RangeRequest): Promise<RangeResult>
  /** All changes at one revision, or none. */
  write(request: {
    readonly changes: readonly EtcdChange[]
    readonly prefix: string
    readonly since: number
  }): Promise<'committed' | 'conflict'>
  /** Resolves once the server answers; frames follow, until the client is closed. */
  watch(request: {
    readonly key: Buffer
    readonly rangeEnd: Buffer
    readonly startRevision: number
  }): Promise<FrameReader>
  /** Ends everything at once. */
  close(): void
}

export function openClient(options: {
  readonly endpoint: string
  readonly tls: EtcdSourceOptions['tls']
  readonly credentials: Credentials
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}): EtcdClient {
  const { endpoint, timeoutMs, signal } = options
  const connection = openConnection(options)
  const post = authorizedPost(connection, options.credentials)
  const stream = new AbortController()

  const close = (): void => {
    signal?.removeEventListener('abort', close)
    stream.abort()
    connection.close()
  }
  signal?.addEventListener('abort', close, { once: true })

  /** What every call has: a deadline, the signal, and the endpoint's name in errors. */
  const guarded = async <T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await withDeadline({ timeoutMs, signal }, run)
    } catch (error) {
      signal?.throwIfAborted()
      throw sourceErrorOf(error, endpoint)
    }
  }

  return {
    endpoint,
    close,

    range: async (request) =>
      await guarded(async (callSignal) => {
        const answer = await post({ path: '/v3/kv/range', body: rangeBody(request), signal: callSignal })
        if (answer.status === 'ok') return parseRangeReply(await readJsonObject(answer.response))
        const status = missingRevision(answer.failure)
        if (status === undefined) throw failureError(answer.failure)
        return { status }
      }),

    write: async ({ changes, prefix, since }) =>
      await guarded(async (callSignal) => {
        const body = transactionBody(changes, prefix, since)
        const answer = await post({ path: '/v3/kv/txn', body, signal: callSignal })
        if (answer.status === 'failed') throw failureError(answer.failure)
        const { succeeded } = await readJsonObject(answer.response)
        return succeeded === true ? 'committed' : 'conflict'
      }),

    watch: async ({ key, rangeEnd, startRevision }) =>
      await guarded(async (callSignal) => {
        const body = {
          create_request: {
            key: key.toString('base64'),
            range_end: rangeEnd.toString('base64'),
            start_revision: String(startRevision),
          },
        }
        // The deadline is for the head of the answer; the stream goes on after it.
        const end = (): void => {
          stream.abort()
        }
        callSignal.addEventListener('abort', end, { once: true })
        try {
          const answer = await post({ path: '/v3/watch', body, signal: stream.signal })
          if (answer.status === 'failed') throw failureError(answer.failure)
          return frameReader(answer.response, (error) => sourceErrorOf(error, endpoint))
        } finally {
          callSignal.removeEventListener('abort', end)
        }
      }),
  }
}
