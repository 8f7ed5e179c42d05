import { entryKey, SourceError, type Entry, type SourceState } from '@outlast/snapshot'
import { entryValue } from './entry-value.ts'
import type { EtcdClient } from './etcd-client.ts'
import { invalid } from './json-reply.ts'
import type { KeyLayout } from './key-layout.ts'
import type { KeyValue } from './key-value.ts'
import { modificationOf, type Modification } from './lineage-memory.ts'
import type { StoreHeader } from './range.ts'

export interface LoadedState {
  readonly state: SourceState
  readonly clusterId: string
  /** Every key below the prefix, also those that name no entry. */
  readonly keyCount: number
  readonly newest: Modification | undefined
}

const pageLimit = 500
const attemptLimit = 5

/** The complete configuration, all pages at the revision of the first. */
export async function loadState(client: EtcdClient, layout: KeyLayout): Promise<LoadedState> {
  for (let attempt = 0; attempt < attemptLimit; attempt++) {
    const loaded = await loadPages(client, layout)
    if (loaded !== 'revision-gone') return loaded
  }
  throw new SourceError('unavailable', `${client.endpoint}: compacted faster than it could be read`)
}

async function loadPages(client: EtcdClient, layout: KeyLayout): Promise<LoadedState | 'revision-gone'> {
  const entries = { resources: [] as Entry[], instance: [] as Entry[] }
  const modified = { resources: new Map<string, number>(), instance: new Map<string, number>() }
  let header: StoreHeader | undefined
  let keyCount = 0
  let newest: KeyValue | undefined
  let start = layout.start

  for (;;) {
    const page = await client.range({ key: start, rangeEnd: layout.end, limit: pageLimit, revision: header?.revision })
    if (page.status !== 'ok') return 'revision-gone'
    header ??= page.header
    if (page.header.clusterId !== header.clusterId) return 'revision-gone'

    for (const kv of page.kvs) {
      if (kv.key.compare(start) < 0 || kv.key.compare(layout.end) >= 0)
        throw invalid(`${client.endpoint}: the store answered keys that were not asked for`)
      start = Buffer.concat([kv.key, Buffer.of(0)]) // the first key that can follow
      keyCount++
      if (newest === undefined || kv.modRevision > newest.modRevision) newest = kv
      const found = layout.entryOf(kv.key)
      if (found === undefined) continue
      entries[found.domain].push({ ...found.ref, value: entryValue(kv.value) })
      modified[found.domain].set(entryKey(found.ref), kv.modRevision)
    }
    if (!page.more) break
    if (page.kvs.length === 0) throw invalid(`${client.endpoint}: the store promised more keys and sent none`)
  }

  const { clusterId, revision } = header
  if (revision < 1 || (newest?.modRevision ?? 0) > revision)
    throw invalid(`${client.endpoint}: the answer's revision makes no sense`)
  return {
    state: { identity: identityOf(clusterId), revision, ...entries, modified },
    clusterId,
    keyCount,
    newest: newest === undefined ? undefined : modificationOf(clusterId, newest),
  }
}

export function identityOf(clusterId: string): string {
  return `etcd:${clusterId}`
}
