import type { RangeRequest, RangeResult as EtcdRange } from '@outlast/source-etcd/client'

import type { RangeOptions, RangeResult, StoredItem } from '../config-store.ts'
import { StoreError } from '../store-error.ts'
import type { EtcdSession } from './etcd-session.ts'
import { itemOf } from './stored-item.ts'

/** So that no answer takes long to make or to read. */
const pageLimit = { items: 1000, keys: 10_000 }
/** How often reading begins again because what it read was compacted meanwhile. */
const attempts = 5

/** Reads a span, page by page at one revision of one store: rejects with `replaced` when that became another meanwhile. */
export async function readRange(session: EtcdSession, options: RangeOptions): Promise<RangeResult> {
  const generation = session.generation()
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await readPages(session, options)
      generation.throwIfAborted()
      return result
    } catch (error) {
      const isOurs = options.revision === undefined && StoreError.isInstance(error) && error.code === 'compacted'
      if (!isOurs || attempt === attempts) throw error
    }
  }
}

async function readPages(session: EtcdSession, options: RangeOptions): Promise<RangeResult> {
  const { keys, limit = Infinity, minModRevision, countOnly, keysOnly, signal } = options
  // etcd makes each page of recent changes of the whole span: better one than many.
  const isWhole = minModRevision !== undefined || countOnly === true
  const mostAtOnce = isWhole ? Infinity : pageLimit[keysOnly === true ? 'keys' : 'items']
  const items: StoredItem[] = []
  let { revision } = options
  let from = keys.from
  let first: { readonly revision: number; readonly count: number } | undefined
  for (;;) {
    const wanted = Math.min(limit - items.length, mostAtOnce)
    const page = await readPage(session, signal, {
      key: Buffer.from(from),
      rangeEnd: Buffer.from(keys.to),
      limit: wanted === Infinity ? undefined : wanted,
      revision,
      minModRevision,
      countOnly,
      keysOnly,
    })
    first ??= { revision: page.header.revision, count: page.count }
    for (const kv of page.kvs) items.push(itemOf(kv))
    const last = items.at(-1)
    if (!page.more || last === undefined || items.length >= limit) return { ...first, items, more: page.more }
    revision ??= first.revision
    from = `${last.key}\0`
  }
}

async function readPage(
  session: EtcdSession,
  signal: AbortSignal | undefined,
  request: RangeRequest,
): Promise<EtcdRange & { readonly status: 'ok' }> {
  const reply = await session.call(async (client, call) => {
    const answer = await client.range(request, call)
    if (answer.status === 'ok') session.accept(answer.header, client.endpoint)
    return answer
  }, signal)
  if (reply.status === 'ok') return reply
  if (reply.status === 'compacted') throw new StoreError('compacted', `Revision ${request.revision} is compacted`)
  throw new StoreError('future-revision', `Revision ${request.revision} does not exist yet`)
}
