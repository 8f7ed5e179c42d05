import {
  everything,
  type StoreEvent,
  type TransactionOptions,
  type TransactionResult,
  type WatchBatch,
  type WatchOptions,
} from '../config-store.ts'
import { StoreError } from '../store-error.ts'
import { keyOf, revisionOf } from '../store-event.ts'
import type { EtcdSession } from './etcd-session.ts'

/** A day: by then no request is on its way any more. */
const barSeconds = 86_400

interface Search {
  readonly transaction: TransactionOptions
  /** A revision from before it was sent. */
  readonly since: number
  readonly watch: (options: WatchOptions) => AsyncIterable<WatchBatch>
  readonly signal: AbortSignal
}

/**
 * Finds out what became of a transaction that was sent and not answered. It is conditional on `bar` being absent: putting that
 * key keeps it from happening from then on, so that its absence from the history up to there is final.
 * Resolves to `undefined` when it has not happened.
 *
 * Two transactions that put the same values at the same keys cannot be told apart: each is taken for the other, whose state it
 * would have made.
 */
export async function settleTransaction(
  options: Search & { readonly session: EtcdSession; readonly bar: string },
): Promise<TransactionResult | undefined> {
  const { session, bar, signal } = options
  const until = await session.call(async (client, call) => {
    const lease = await client.grantLease({ seconds: barSeconds }, call)
    const put = { type: 'put', key: Buffer.from(bar), value: Buffer.from('{}'), lease } as const
    const reply = await client.transaction({ conditions: [], operations: [put] }, call)
    // Another member may put it again.
    if ('error' in reply) throw reply.error
    session.accept(reply.header, client.endpoint)
    return reply.header.revision
  }, signal)
  return findInHistory({ ...options, until })
}

/** Looks for a transaction that will not happen after `until`. Resolves to `undefined` when it has not happened. */
export async function findInHistory({
  transaction,
  since,
  until,
  watch,
  signal,
}: Search & { readonly until: number }): Promise<TransactionResult | undefined> {
  if (until <= since) return undefined
  for await (const batch of watch({ keys: everything, startRevision: since + 1, signal })) {
    if (batch.type === 'compacted') break
    for (const [revision, events] of Map.groupBy(batch.events, revisionOf)) {
      if (isWorkOf(transaction, events)) return { status: 'committed', revision }
    }
    if (batch.revision >= until) return undefined
  }
  signal.throwIfAborted()
  throw new StoreError('compacted', 'the history of that time is compacted')
}

/** Whether the events of one revision are what the transaction does. Deletions of what did not exist make no events. */
function isWorkOf({ operations }: Pick<TransactionOptions, 'operations'>, events: readonly StoreEvent[]): boolean {
  const byKey = new Map(events.map((event) => [keyOf(event), event]))
  let matched = 0
  for (const operation of operations) {
    const event = byKey.get(operation.key)
    if (event === undefined && operation.type === 'delete') continue
    if (event?.type !== operation.type) return false
    if (event.type === 'put' && operation.type === 'put' && event.item.value !== operation.value) return false
    matched += 1
  }
  return matched > 0 && matched === events.length
}
