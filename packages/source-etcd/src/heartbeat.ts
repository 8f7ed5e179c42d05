import { SourceError, type SourceUpdate } from '@outlast/snapshot'
import type { Cursor } from './cursor.ts'
import type { EtcdClient } from './etcd-client.ts'
import type { KeyLayout } from './key-layout.ts'

// The exact check makes etcd look at every key, so a busy neighbour in the same store must not cause one per beat.
const beatsBetweenChecks = 5

/**
 * Asks a store whose watch is silent whether it is still there, and whether the silence is honest.
 *
 * A beat resolves with progress when nothing below the prefix has changed since the cursor, and with `undefined` when that is not
 * known yet. It rejects with `unavailable` when the store does not answer, is another one, or has changes that the watch
 * keeps not delivering for `patienceBeats`.
 */
export function heartbeat(options: {
  readonly client: EtcdClient
  readonly layout: KeyLayout
  readonly cursor: Cursor
  readonly patienceBeats: number
}): () => Promise<SourceUpdate | undefined> {
  const { client, layout, cursor, patienceBeats } = options
  const range = { key: layout.start, rangeEnd: layout.end }
  let beatsUntilCheck = 0
  let suspicion = { revision: 0, beats: 0 }

  const ask = async (request: Parameters<EtcdClient['range']>[0]) => {
    const reply = await client.range(request)
    if (reply.status !== 'ok' || reply.header.clusterId !== cursor.clusterId || reply.header.revision < cursor.revision)
      throw new SourceError('unavailable', `${client.endpoint}: the store is no longer the one that was followed`)
    return reply
  }

  return async () => {
    const now = await ask({ ...range, countOnly: true })
    if (now.header.revision === cursor.revision) return { type: 'progress', revision: cursor.revision }

    // The store has moved on. Either somebody writes outside the prefix, or events are on their way.
    if (beatsUntilCheck-- > 0) return undefined
    const later = await ask({ ...range, minModRevision: cursor.revision + 1, limit: 1, keysOnly: true })
    // No later key and as many keys as before: nothing was written, and nothing was deleted.
    if (later.kvs.length === 0 && later.count === cursor.keyCount) {
      beatsUntilCheck = beatsBetweenChecks
      cursor.revision = later.header.revision
      return { type: 'progress', revision: cursor.revision }
    }

    beatsUntilCheck = 0
    const beats = suspicion.revision === cursor.revision ? suspicion.beats + 1 : 1
    suspicion = { revision: cursor.revision, beats }
    if (beats > patienceBeats)
      throw new SourceError('unavailable', `${client.endpoint}: the watch does not deliver what has changed`)
    return undefined
  }
}
