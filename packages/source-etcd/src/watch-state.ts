import { SourceError, type SourceState, type SourceUpdate } from '@outlast/snapshot'
import { changeOfEvents } from './change-of-events.ts'
import type { Cursor } from './cursor.ts'
import type { EndpointList } from './endpoint-list.ts'
import type { EtcdClient } from './etcd-client.ts'
import { heartbeat } from './heartbeat.ts'
import { invalid } from './json-reply.ts'
import type { KeyLayout } from './key-layout.ts'
import type { LineageMemory } from './lineage-memory.ts'
import { identityOf, loadState } from './load-state.ts'
import { parseWatchFrame, type WatchEvent } from './watch-frame.ts'

interface WatchContext {
  readonly layout: KeyLayout
  readonly lineage: LineageMemory
  readonly heartbeatMs: number
  readonly timeoutMs: number
}

/** Changes after `from`. Begins with the complete state when the store cannot be proven to continue from there. */
export async function* watchState(
  options: WatchContext & {
    readonly endpoints: EndpointList
    readonly open: (endpoint: string, signal: AbortSignal | undefined) => EtcdClient
    readonly from: { readonly identity: string; readonly revision: number }
    readonly signal?: AbortSignal | undefined
  },
): AsyncGenerator<SourceUpdate, never, undefined> {
  const { endpoints, open, layout, lineage, from, signal } = options
  const { client, ...beginning } = await endpoints.first(signal, async (endpoint) => {
    const opened = open(endpoint, signal)
    try {
      const cursor = await resume(opened, layout, lineage, from)
      return { client: opened, ...(cursor === undefined ? await reload(opened, layout, lineage) : { cursor }) }
    } catch (error) {
      opened.close()
      throw error
    }
  })

  try {
    let { cursor, state }: { cursor: Cursor; state?: SourceState } = beginning
    for (;;) {
      if (state !== undefined) yield { type: 'state', state }
      yield* follow(client, cursor, options)
      ;({ cursor, state } = await reload(client, layout, lineage))
    }
  } catch (error) {
    signal?.throwIfAborted()
    endpoints.demote(client.endpoint)
    throw error
  } finally {
    client.close()
  }
}

/** `undefined` when the store is another one, stands behind `from`, or has forgotten what followed it. */
async function resume(
  client: EtcdClient,
  layout: KeyLayout,
  lineage: LineageMemory,
  from: { readonly identity: string; readonly revision: number },
): Promise<Cursor | undefined> {
  if (from.revision < 1) return undefined
  const then = await client.range({
    key: layout.start,
    rangeEnd: layout.end,
    countOnly: true,
    revision: from.revision,
  })
  if (then.status !== 'ok' || identityOf(then.header.clusterId) !== from.identity) return undefined
  if (!(await lineage.continues(client, from.revision))) return undefined
  return { clusterId: then.header.clusterId, revision: from.revision, keyCount: then.count }
}

async function reload(
  client: EtcdClient,
  layout: KeyLayout,
  lineage: LineageMemory,
): Promise<{ cursor: Cursor; state: SourceState }> {
  const { state, clusterId, keyCount, newest } = await loadState(client, layout)
  lineage.remember(newest)
  return { cursor: { clusterId, revision: state.revision, keyCount }, state }
}

/** Returns when what it asked for has been compacted away. */
async function* follow(
  client: EtcdClient,
  cursor: Cursor,
  context: WatchContext,
): AsyncGenerator<SourceUpdate, void, undefined> {
  const { layout, lineage, heartbeatMs, timeoutMs } = context
  const frames = await client.watch({ key: layout.start, rangeEnd: layout.end, startRevision: cursor.revision + 1 })
  const beat = heartbeat({ client, layout, cursor, patienceBeats: Math.ceil(timeoutMs / heartbeatMs) })
  let events: WatchEvent[] = []

  for (;;) {
    const json = await frames.next(heartbeatMs)
    if (json === 'silent') {
      const progress = await beat()
      if (progress !== undefined) yield progress
      continue
    }
    const frame = parseWatchFrame(json)
    if (frame.type === 'compacted') return
    if (frame.type === 'canceled') throw canceled(client, frame.reason)
    if (frame.header.clusterId !== cursor.clusterId) throw invalid(`${client.endpoint}: a frame of another cluster`)
    // `created`, or etcd's own progress: it is complete when the store stands where the cursor is.
    if (frame.events.length === 0 && frame.header.revision === cursor.revision)
      yield { type: 'progress', revision: cursor.revision }

    events.push(...frame.events)
    if (frame.fragment) continue
    for (const [revision, changed] of Map.groupBy(events, (event) => event.kv.modRevision)) {
      if (revision <= cursor.revision) throw invalid(`${client.endpoint}: the watch went back in time`)
      cursor.revision = revision
      cursor.keyCount += keysAdded(changed)
      lineage.follow(cursor.clusterId, changed)
      yield changeOfEvents(revision, changed, layout)
    }
    events = []
  }
}

function keysAdded(events: readonly WatchEvent[]): number {
  let added = 0
  for (const { type, kv } of events) {
    if (type === 'delete') added--
    else if (kv.createRevision === kv.modRevision) added++
  }
  return added
}

function canceled(client: EtcdClient, reason: string): SourceError {
  const code = /permission|auth|user name/i.test(reason) ? 'denied' : 'unavailable'
  return new SourceError(code, `${client.endpoint}: the watch was ended: ${reason === '' ? 'no reason given' : reason}`)
}
