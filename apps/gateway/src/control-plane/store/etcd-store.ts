import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import type { EtcdClientOptions } from '@outlast/source-etcd/client'

import { checkOperations } from './check-operations.ts'
import { keySpan, type ConfigStore, type StoreIdentity, type WatchOptions } from './config-store.ts'
import { etcdSession } from './etcd/etcd-session.ts'
import { historyLimit } from './etcd/history-limit.ts'
import { readRange } from './etcd/read-range.ts'
import { watchEtcd } from './etcd/watch-etcd.ts'
import { writeTransaction } from './etcd/write-transaction.ts'
import { StoreError } from './store-error.ts'

export interface EtcdStoreOptions extends EtcdClientOptions {
  /** Revisions of history to keep. Default 10,000. */
  readonly keepRevisions?: number | undefined
  /** After this long without news, a watch asks whether its member is still there. Default 1,000 ms. */
  readonly heartbeatMs?: number | undefined
  /** Told when a watch is interrupted and goes on, and when compaction fails. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/**
 * A store on an etcd cluster of its own, which any number of control planes share. Its keys are the store's, as they are.
 *
 * A call goes to one member after the other, within `timeoutMs` altogether, and rejects with `unavailable` when none answers.
 * A watch goes on with another member when its own is lost, without a gap, and waits while there is none; it throws when the
 * cluster was replaced by another one.
 * Throws a `TypeError` for options that cannot work. Nothing is connected before the first call.
 */
export function etcdStore(options: EtcdStoreOptions): ConfigStore {
  const { keepRevisions = 10_000, logger = silentLogger, clock = systemClock } = options
  const { timeoutMs = 5_000, heartbeatMs = 1_000 } = options
  const session = etcdSession(options)
  const patience = { heartbeatMs, timeoutMs: Math.ceil(timeoutMs / options.endpoints.length) }

  const watch = (watchOptions: WatchOptions) => watchEtcd({ ...watchOptions, session, patience, clock, logger })
  const compact = async (revision: number, signal?: AbortSignal): Promise<void> => {
    const { status } = await session.call((client, call) => client.compact({ revision }, call), signal)
    if (status === 'compacted') throw new StoreError('compacted', `Revision ${revision} is compacted already`)
    if (status === 'future') throw new StoreError('future-revision', `Revision ${revision} does not exist yet`)
  }

  const limitHistory = historyLimit({ keepRevisions, compact, logger })

  return {
    range: async (rangeOptions) => readRange(session, rangeOptions),
    transaction: async (transactionOptions) => {
      checkOperations(transactionOptions)
      const result = await writeTransaction({ session, transaction: transactionOptions, watch, timeoutMs, clock })
      if (result.status === 'committed') void limitHistory(result.revision)
      return result
    },
    watch,
    compact: async ({ revision, signal }) => compact(revision, signal),
    revision: async ({ signal } = {}) =>
      (await readRange(session, { keys: keySpan('/'), countOnly: true, signal })).revision,
    async identity({ signal } = {}): Promise<StoreIdentity> {
      if (session.newest() === undefined) await session.call(async () => undefined, signal)
      const { clusterId = '', memberId = '', raftTerm = '' } = session.newest() ?? {}
      return { clusterId, memberId, term: raftTerm }
    },
    close: async () => session.close(),
  }
}
