import { entryKey, type Domain, type Entry, type EntryRef, type SourceUpdate } from '@outlast/snapshot'
import { entryValue } from './entry-value.ts'
import type { KeyLayout } from './key-layout.ts'
import type { WatchEvent } from './watch-frame.ts'

/** The events of one revision as one update; events that touch no entry are progress. */
export function changeOfEvents(revision: number, events: readonly WatchEvent[], layout: KeyLayout): SourceUpdate {
  const upserted: Record<Domain, Map<string, Entry>> = { resources: new Map(), instance: new Map() }
  const removed: Record<Domain, Map<string, EntryRef>> = { resources: new Map(), instance: new Map() }
  for (const { type, kv } of events) {
    const found = layout.entryOf(kv.key)
    if (found === undefined) continue
    const { domain, ref } = found
    const key = entryKey(ref)
    upserted[domain].delete(key)
    removed[domain].delete(key)
    if (type === 'put') upserted[domain].set(key, { ...ref, value: entryValue(kv.value) })
    else removed[domain].set(key, ref)
  }
  const changesOf = (domain: Domain) => ({
    upserted: [...upserted[domain].values()],
    removed: [...removed[domain].values()],
  })
  const resources = changesOf('resources')
  const instance = changesOf('instance')
  const touched = [resources, instance].some((changes) => changes.upserted.length + changes.removed.length > 0)
  return touched ? { type: 'change', revision, resources, instance } : { type: 'progress', revision }
}
