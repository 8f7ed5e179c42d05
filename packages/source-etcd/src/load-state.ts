import { eachInSlices, entryKey, SourceError, type Domain, type Entry, type SourceState } from '@outlast/snapshot'
import { entryValue } from './entry-value.ts'
import type { EtcdClient } from './etcd-client.ts'
import { invalid } from './json-reply.ts'
import type { KeyLayout } from './key-layout.ts'
import type { KeyValue } from './key-value.ts'
import { modificationOf, type Modification } from './lineage-memory.ts'
import type { RangeResult, StoreHeader } from './range.ts'

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
  const loaded = new LoadedKeys(client.endpoint, layout)
  const ask = async (start: Buffer, revision?: number): Promise<RangeResult> =>
    client.range({ key: start, rangeEnd: layout.end, limit: pageLimit, revision })
  let header: StoreHeader | undefined
  let asked = ask(layout.start)
  for (;;) {
    const page = await asked
    if (page.status !== 'ok') return 'revision-gone'
    header ??= page.header
    if (page.header.clusterId !== header.clusterId) return 'revision-gone'
    const last = page.kvs.at(-1)
    if (page.more && last === undefined) throw invalid(`${client.endpoint}: the store promised more keys and sent none`)
    // The store looks for the next page while this one is taken in.
    if (page.more && last !== undefined) asked = ask(keyAfter(last.key), header.revision)
    // What comes of it is of no interest any more when this page is refused.
    asked.catch(() => {})
    await eachInSlices(page.kvs, (kv) => loaded.add(kv))
    if (!page.more) break
  }
  const { clusterId, revision } = header
  const { entries, modified, count, newest } = loaded
  if (revision < 1 || (newest?.modRevision ?? 0) > revision)
    throw invalid(`${client.endpoint}: the answer's revision makes no sense`)
  return {
    state: { identity: identityOf(clusterId), revision, ...entries, modified },
    clusterId,
    keyCount: count,
    newest: newest === undefined ? undefined : modificationOf(clusterId, newest),
  }
}

/** The first key that can follow. */
function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}

/** What the pages so far have brought. */
class LoadedKeys {
  readonly entries: Record<Domain, Entry[]> = { resources: [], instance: [] }
  readonly modified: Record<Domain, Map<string, number>> = { resources: new Map(), instance: new Map() }
  readonly #endpoint: string
  readonly #layout: KeyLayout
  /** The least key that may come. */
  #next: Buffer
  count = 0
  newest: KeyValue | undefined

  constructor(endpoint: string, layout: KeyLayout) {
    this.#endpoint = endpoint
    this.#layout = layout
    this.#next = layout.start
  }

  add(kv: KeyValue): void {
    if (kv.key.compare(this.#next) < 0 || kv.key.compare(this.#layout.end) >= 0)
      throw invalid(`${this.#endpoint}: the store answered keys that were not asked for`)
    this.#next = keyAfter(kv.key)
    this.count += 1
    if (this.newest === undefined || kv.modRevision > this.newest.modRevision) this.newest = kv
    const found = this.#layout.entryOf(kv.key)
    if (found === undefined) return
    this.entries[found.domain].push({ ...found.ref, value: entryValue(kv.value) })
    this.modified[found.domain].set(entryKey(found.ref), kv.modRevision)
  }
}

export function identityOf(clusterId: string): string {
  return `etcd:${clusterId}`
}
