import { collect } from './collect.ts'
import type { StorageReader } from '@outlast/storage'
import type { DomainStore } from '../src/store/domain-store.ts'
import type { Entry } from '../src/entries/entry.ts'
import type { Manifest } from '../src/format/manifest.ts'
import type { PublishResult, SnapshotDraft } from '../src/publish/publish-draft.ts'
import type { Retention } from '../src/retention/retention.ts'

export function draft(entries: Iterable<Entry>, revision = 1, rest: Partial<SnapshotDraft> = {}): SnapshotDraft {
  return { entries, position: { epoch: 1, revision }, source: { identity: 'test' }, ...rest }
}

/** Begins and publishes, with whatever result. */
export async function publish(
  store: DomainStore,
  entries: Iterable<Entry>,
  revision = 1,
  rest: Partial<SnapshotDraft> = {},
): Promise<PublishResult> {
  return (await store.begin()).publish(draft(entries, revision, rest))
}

/** The same where anything but a new snapshot is a failure of the test. */
export async function published(
  store: DomainStore,
  entries: Iterable<Entry>,
  revision = 1,
  rest: Partial<SnapshotDraft> = {},
): Promise<Manifest> {
  const result = await publish(store, entries, revision, rest)
  if (result.status !== 'published') throw new Error(`Expected a new snapshot, got: ${result.status}`)
  return result.manifest
}

export function route(id: number | string, uri = `/${id}`): Entry {
  return { kind: 'routes', id: String(id), value: { uri, upstream_id: '1' } }
}

export function routes(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) => route(index))
}

/** All keys of a store. */
export async function keysIn(storage: StorageReader, prefix = ''): Promise<string[]> {
  return collect(storage.list(prefix))
}

/** A retention by count alone. */
export function onlyNewest(count: number): Retention {
  return { newest: count, minutelyHours: 0, hourlyDays: 0 }
}
