import { randomUUID } from 'node:crypto'
import type { Clock } from '@outlast/snapshot'

import {
  keySpan,
  type TransactionOptions,
  type TransactionResult,
  type WatchBatch,
  type WatchOptions,
} from '../config-store.ts'
import { StoreError } from '../store-error.ts'
import type { EtcdSession } from './etcd-session.ts'
import { readRange } from './read-range.ts'
import { findInHistory, settleTransaction } from './settle-transaction.ts'

/** Whoever puts a key below makes sure that the transaction that it is named after will not happen any more. */
const bars = '/outlast/settled/'

const pauseMs = 50

/**
 * Writes a transaction exactly once. When it is not known what became of it, because its member was lost in between, that is
 * found out; if it has not happened, and never will, it is written again. When all that does not end in time, it rejects
 * with `unavailable`, and says whether the outcome is unknown.
 */
export async function writeTransaction(options: {
  readonly session: EtcdSession
  readonly transaction: TransactionOptions
  readonly watch: (options: WatchOptions) => AsyncIterable<WatchBatch>
  readonly timeoutMs: number
  readonly clock: Clock
}): Promise<TransactionResult> {
  const { session, transaction, timeoutMs, clock } = options
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    deadline.abort(new StoreError('unavailable', `${session.name}: no answer within ${timeoutMs} ms`))
  }, timeoutMs)
  const given = transaction.signal === undefined ? [] : [transaction.signal]
  const signal = AbortSignal.any([...given, deadline.signal])

  const newestRevision = async (): Promise<number> =>
    (await readRange(session, { keys: keySpan(bars), countOnly: true, signal })).revision

  let isUnknown = false
  try {
    // A condition comes from what was read; without one, the same may have been written long before the last news came.
    if ((transaction.compare ?? []).length === 0) await newestRevision()
    for (;;) {
      const bar = `${bars}${randomUUID()}`
      const { since, result } = await sendOnce({ session, transaction, bar })
      if (result === 'unknown') {
        isUnknown = true
        const settled = await persistently({ clock, signal }, async () =>
          settleTransaction({ ...options, bar, since, signal }),
        )
        if (settled !== undefined) return settled
        isUnknown = false
      } else if (StoreError.isInstance(result)) {
        isUnknown = true
        const done = await persistently({ clock, signal }, async () =>
          findInHistory({ ...options, since, until: await newestRevision(), signal }),
        )
        if (done !== undefined) return done
        isUnknown = false
        throw result
      } else if (result !== 'not-now') {
        return result
      }
      await clock.sleep(pauseMs, { signal })
    }
  } catch (error) {
    if (!isUnknown || !StoreError.isInstance(error) || error.code === 'replaced') throw error
    throw new StoreError('unavailable', `whether it was written is not known: ${error.message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

async function sendOnce(options: {
  readonly session: EtcdSession
  readonly transaction: TransactionOptions
  readonly bar: string
}): Promise<{ readonly result: TransactionResult | 'unknown' | 'not-now' | StoreError; readonly since: number }> {
  const { session, transaction, bar } = options
  const { compare = [], operations, signal } = transaction
  const request = {
    conditions: [{ key: bar, modRevision: 0 }, ...compare].map(({ key, modRevision }) => ({
      key: Buffer.from(key),
      target: 'modRevision' as const,
      is: 'equal' as const,
      value: modRevision,
    })),
    operations: operations.map((operation) => {
      const key = Buffer.from(operation.key)
      return operation.type === 'put'
        ? { type: operation.type, key, value: Buffer.from(operation.value) }
        : { type: operation.type, key }
    }),
  }
  const { reply, since, endpoint } = await session.call(async (client, call) => {
    const answer = await client.transaction(request, call)
    if ('header' in answer) session.accept(answer.header, client.endpoint)
    return { reply: answer, since: call.header.revision, endpoint: client.endpoint }
  }, signal)

  if (reply.status === 'unknown' || (reply.status === 'refused' && reply.reason === 'not-now')) {
    session.distrust(endpoint)
    return { since, result: reply.status === 'unknown' ? 'unknown' : 'not-now' }
  }
  if (reply.status === 'no-space') {
    return { since, result: new StoreError('no-space', reply.error.message, { cause: reply.error }) }
  }
  if (reply.status === 'refused') {
    const { error } = reply
    throw new StoreError('invalid-argument', `the transaction is larger than etcd takes: ${error.message}`, {
      cause: error,
    })
  }
  return { since, result: { status: reply.status, revision: reply.header.revision } }
}

/** Tries until the signal fires, as long as it is etcd that does not answer. */
async function persistently<T>(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  run: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (signal.aborted || !StoreError.isInstance(error) || error.code !== 'unavailable') throw error
      await clock.sleep(pauseMs, { signal })
    }
  }
}
