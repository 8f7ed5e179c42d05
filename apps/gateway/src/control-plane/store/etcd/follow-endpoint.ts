import { SourceError } from '@outlast/snapshot'
import {
  parseWatchFrame,
  type EtcdCallOptions,
  type EtcdClient,
  type FrameReader,
  type StoreHeader,
} from '@outlast/source-etcd/client'

import { everything, type StoreEvent, type WatchBatch } from '../config-store.ts'
import { revisionOf } from '../store-event.ts'
import type { EtcdSession } from './etcd-session.ts'
import { revisionBatches } from './revision-batches.ts'
import { bears, type RevisionMark } from './revision-mark.ts'
import { eventOf } from './stored-item.ts'

const everyKey = { key: Buffer.from(everything.from), rangeEnd: Buffer.from(everything.to) }

/** How a silent watch is asked whether it is still there. */
export interface Patience {
  /** After this long without news. */
  readonly heartbeatMs: number
  /** For an answer, and for news of what has changed by then. */
  readonly timeoutMs: number
}

export interface FollowEndpointOptions {
  readonly session: EtcdSession
  readonly startRevision: number
  /** What was told last before `startRevision`, if anything was: it has to be in the history that is followed now. */
  readonly mark: RevisionMark | undefined
  readonly patience: Patience
  readonly signal: AbortSignal
}

/**
 * Everything that happens in the store from `startRevision` on, over one connection to one member, until something fails
 * (`SourceError`) or the signal ends it. Says with an empty batch that nothing is missing when the member has none newer:
 * there is no revision without an event.
 *
 * A store that was wiped and filled anew may have the same id and a higher revision. So the revision that was told last is
 * asked for again: when it holds something else, the session learns that the store was replaced.
 */
export async function* followEndpoint(options: FollowEndpointOptions): AsyncGenerator<WatchBatch, void, undefined> {
  const { session, mark, signal } = options
  const startRevision = mark?.revision ?? options.startRevision
  const { client, ...opening } = await session.connect(async (opened, call) => {
    const compactRevision = await lostHistory(opened, startRevision, call)
    if (compactRevision !== undefined) return { client: opened, compactRevision }
    return { client: opened, frames: await opened.watch({ ...everyKey, startRevision }, call) }
  }, signal)
  const close = (): void => client.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    signal.throwIfAborted()
    if ('frames' in opening) yield* follow({ ...options, startRevision, client, frames: opening.frames })
    else yield { type: 'compacted', compactRevision: opening.compactRevision }
  } catch (error) {
    // Whoever ends the watch has nothing against its member.
    if (!signal.aborted) session.distrust(client.endpoint)
    throw error
  } finally {
    signal.removeEventListener('abort', close)
    client.close()
  }
}

/**
 * The revision that history was compacted to, when a watch from its very start would miss something: etcd takes one that
 * begins with the compacted revision, and does not tell what was deleted then. A watch that begins earlier is told by etcd.
 */
async function lostHistory(
  client: EtcdClient,
  startRevision: number,
  call: EtcdCallOptions & { readonly header: StoreHeader },
): Promise<number | undefined> {
  if (startRevision > call.header.revision) return undefined
  const isReadable = async (revision: number): Promise<boolean> =>
    (await client.range({ key: everyKey.key, countOnly: true, revision }, call)).status !== 'compacted'
  if (startRevision < 2 || (await isReadable(startRevision - 1))) return undefined
  return (await isReadable(startRevision)) ? startRevision : undefined
}

async function* follow(
  options: FollowEndpointOptions & { readonly client: EtcdClient; readonly frames: FrameReader },
): AsyncGenerator<WatchBatch, void, undefined> {
  const { session, client, frames, patience } = options
  const batches = revisionBatches()
  let { mark } = options
  let toldRevision = options.startRevision - 1
  let silentBeats = 0

  for (;;) {
    const json = await frames.next(patience.heartbeatMs)
    if (json === 'silent') {
      const { revision } = await beat(session, client, patience)
      if (revision === toldRevision) yield { type: 'events', revision, events: [] }
      silentBeats = revision > toldRevision ? silentBeats + 1 : 0
      if (silentBeats * patience.heartbeatMs > patience.timeoutMs) throw failure(client, 'the watch does not deliver')
      continue
    }
    silentBeats = 0
    const frame = parseWatchFrame(json)
    if (frame.type === 'compacted') {
      yield { type: 'compacted', compactRevision: frame.compactRevision }
      return
    }
    if (frame.type === 'canceled') throw failure(client, `the watch was ended: ${frame.reason || 'no reason given'}`)
    const { header } = frame
    session.accept(header, client.endpoint)
    if (frame.events.length === 0 && header.revision === toldRevision) {
      yield { type: 'events', revision: toldRevision, events: [] }
    }
    const events = frame.events.map(eventOf)
    requireOrder(client, events, toldRevision)
    for (const batch of [...batches.add(events), ...(frame.fragment ? [] : batches.flush())]) {
      toldRevision = batch.revision
      const known = mark
      mark = undefined
      if (known !== undefined && !bears(batch.events, known)) {
        session.replaced(header)
        throw failure(client, 'the store has another history than before')
      }
      yield known === undefined
        ? batch
        : { ...batch, events: batch.events.filter((event) => revisionOf(event) > known.revision) }
    }
  }
}

async function beat(session: EtcdSession, client: EtcdClient, { timeoutMs }: Patience): Promise<StoreHeader> {
  const reply = await client.range({ key: everyKey.key, countOnly: true }, { timeoutMs })
  if (reply.status !== 'ok') throw failure(client, 'it does not know its revision')
  session.accept(reply.header, client.endpoint)
  return reply.header
}

function requireOrder(client: EtcdClient, [first]: readonly StoreEvent[], toldRevision: number): void {
  if (first !== undefined && revisionOf(first) <= toldRevision) throw failure(client, 'the watch went back in time')
}

function failure(client: EtcdClient, reason: string): SourceError {
  return new SourceError('unavailable', `${client.endpoint}: ${reason}`)
}
