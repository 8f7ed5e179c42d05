import { SourceError } from '@outlast/snapshot'
import { authorizedPost } from './authorized-post.ts'
import type { EtcdClientOptions } from './client-options.ts'
import type { Credentials } from './credentials.ts'
import { failureError, missingRevision } from './etcd-failure.ts'
import { frameReader, type FrameReader } from './frame-reader.ts'
import { openConnection } from './http-connection.ts'
import { asText, readJsonObject } from './json-reply.ts'
import { parseRangeReply, rangeBody, type RangeResult, type RangeRequest } from './range.ts'
import { sourceErrorOf } from './source-error-of.ts'
import {
  parseTransactionReply,
  refusalOf,
  transactionBody,
  type TransactionReply,
  type TransactionRequest,
} from './transaction.ts'
import { withDeadline } from './with-deadline.ts'

export interface EtcdCallOptions {
  readonly signal?: AbortSignal | undefined
  /** Default: the client's. */
  readonly timeoutMs?: number | undefined
}

export interface WatchRequest {
  readonly key: Buffer
  readonly rangeEnd: Buffer
  readonly startRevision: number
}

/**
 * etcd's JSON API at one endpoint. Calls reject with `SourceError`, or with the reason of the client's signal or their own.
 * Reads are linearizable: a member that has lost the others does not answer them.
 */
export interface EtcdClient {
  readonly endpoint: string
  range(request: RangeRequest, options?: EtcdCallOptions): Promise<RangeResult>
  /** Sent once, and never again. */
  transaction(request: TransactionRequest, options?: EtcdCallOptions): Promise<TransactionReply>
  /** Forgets what was superseded at or before the revision. */
  compact(
    request: { readonly revision: number },
    options?: EtcdCallOptions,
  ): Promise<{ readonly status: 'ok' | 'compacted' | 'future' }>
  /** A lease that ends by itself; keys that are put with it go then. Resolves to its id. */
  grantLease(request: { readonly seconds: number }, options?: EtcdCallOptions): Promise<string>
  /**
   * Resolves once the server answers; frames follow, until the client is closed. Large answers come in several frames
   * (`fragment`).
   */
  watch(request: WatchRequest, options?: EtcdCallOptions): Promise<FrameReader>
  /** Ends the connections that nobody uses now: after a failure they may lead nowhere. */
  dropIdle(): void
  /** Ends everything at once. */
  close(): void
}

export function openClient(options: {
  readonly endpoint: string
  readonly tls: EtcdClientOptions['tls']
  readonly credentials: Credentials
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}): EtcdClient {
  const { endpoint, signal } = options
  const connection = openConnection(options)
  const post = authorizedPost(connection, options.credentials)
  const closed = new AbortController()

  const close = (): void => {
    signal?.removeEventListener('abort', close)
    closed.abort(signal?.aborted === true ? signal.reason : new SourceError('unavailable', 'the client is closed'))
    connection.close()
  }
  signal?.addEventListener('abort', close, { once: true })

  /** What every call has: a deadline, the signals, and the endpoint's name in errors. */
  const guarded = async <T>(
    call: EtcdCallOptions | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const timeoutMs = call?.timeoutMs ?? options.timeoutMs
    try {
      return await withDeadline({ timeoutMs, signals: [signal, closed.signal, call?.signal] }, run)
    } catch (error) {
      signal?.throwIfAborted()
      call?.signal?.throwIfAborted()
      throw sourceErrorOf(error, endpoint)
    }
  }

  return {
    endpoint,
    close,
    dropIdle: () => connection.dropIdle(),

    range: async (request, call) =>
      await guarded(call, async (callSignal) => {
        const answer = await post({ path: '/v3/kv/range', body: rangeBody(request), signal: callSignal })
        if (answer.status === 'ok') return parseRangeReply(await readJsonObject(answer.response))
        const status = missingRevision(answer.failure)
        if (status === undefined) throw failureError(answer.failure)
        return { status }
      }),

    transaction: async (request, call) => {
      let mayBeDone = false
      const onSent = (): void => {
        mayBeDone = true
      }
      try {
        return await guarded<TransactionReply>(call, async (callSignal) => {
          const body = transactionBody(request)
          const answer = await post({ path: '/v3/kv/txn', body, signal: callSignal, onSent })
          if (answer.status === 'ok') return parseTransactionReply(await readJsonObject(answer.response))
          const reason = refusalOf(answer.failure)
          const error = sourceErrorOf(failureError(answer.failure), endpoint)
          if (reason === 'no-space') return { status: reason, error }
          if (reason !== undefined && reason !== 'denied') return { status: 'refused', reason, error }
          mayBeDone = reason === undefined
          throw error
        })
      } catch (error) {
        if (!mayBeDone || !SourceError.isInstance(error)) throw error
        return { status: 'unknown', error }
      }
    },

    compact: async ({ revision }, call) =>
      await guarded(call, async (callSignal) => {
        const body = { revision: String(revision) }
        const answer = await post({ path: '/v3/kv/compaction', body, signal: callSignal })
        if (answer.status === 'ok') {
          await readJsonObject(answer.response)
          return { status: 'ok' }
        }
        const status = missingRevision(answer.failure)
        if (status === undefined) throw failureError(answer.failure)
        return { status }
      }),

    grantLease: async ({ seconds }, call) =>
      await guarded(call, async (callSignal) => {
        const body = { TTL: String(seconds) }
        const answer = await post({ path: '/v3/lease/grant', body, signal: callSignal })
        if (answer.status === 'failed') throw failureError(answer.failure)
        return asText((await readJsonObject(answer.response))['ID'])
      }),

    watch: async ({ key, rangeEnd, startRevision }, call) =>
      await guarded(call, async (callSignal) => {
        const body = {
          create_request: {
            key: key.toString('base64'),
            range_end: rangeEnd.toString('base64'),
            start_revision: String(startRevision),
            fragment: true,
          },
        }
        // The deadline is for the head of the answer; the stream goes on after it.
        const stream = new AbortController()
        const end = (): void => {
          stream.abort()
        }
        closed.signal.addEventListener('abort', end, { once: true })
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
