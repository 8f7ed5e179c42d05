import type {
  Clock,
  ConfigSource,
  Entry,
  EntryChanges,
  EntryRef,
  JsonValue,
  SourceState,
  SourceUpdate,
} from '@outlast/snapshot'
import { entryKey, SourceError, systemClock } from '@outlast/snapshot'
import { domainOf } from '@outlast/snapshot/apisix'
import { entryRefOf, groupSpan } from './group-keys.ts'
import type { ConfigStore, StoreEvent } from './store/config-store.ts'
import { keyOf } from './store/store-event.ts'

/**
 * One gateway group of the control plane's own store, for the exporter beside it. Identity and revisions are those
 * that data planes see over the network, so that positions of both are comparable.
 * A watch that follows one that failed begins with the complete state: meanwhile the store may have been replaced by one
 * that has the same identity and a higher revision.
 * A watch rejects when the store does not answer any more, which is asked every `pulseMs` (5,000 by default): the store's own
 * watch would wait for it, and whoever hears nothing would take what it has for the present.
 */
export function configStoreSource(
  store: ConfigStore,
  group: string,
  { clock = systemClock, pulseMs = 5_000 }: { readonly clock?: Clock; readonly pulseMs?: number } = {},
): ConfigSource {
  const keys = groupSpan(group)
  let hasFailed = false

  /** Aborts with the error once the store does not answer. */
  const watchPulse = async (lost: AbortController, signal: AbortSignal): Promise<void> => {
    try {
      for (;;) {
        await clock.sleep(pulseMs, { signal })
        await store.revision({ signal })
      }
    } catch (error) {
      lost.abort(error)
    }
  }

  async function load(signal: AbortSignal | undefined): Promise<SourceState> {
    const [{ clusterId }, { revision, items }] = await Promise.all([
      store.identity({ signal }),
      store.range({ keys, signal }),
    ])
    const found = items.flatMap(({ key, value, modRevision }) => {
      const ref = entryRefOf(group, key)
      return ref ? [{ entry: { ...ref, value: jsonValue(value) }, modRevision }] : []
    })
    const resources = found.filter(({ entry }) => domainOf(entry.kind) === 'resources')
    const instance = found.filter(({ entry }) => domainOf(entry.kind) === 'instance')
    return {
      identity: `etcd:${clusterId}`,
      revision,
      resources: resources.map(({ entry }) => entry),
      instance: instance.map(({ entry }) => entry),
      modified: { resources: modifiedAt(resources), instance: modifiedAt(instance) },
    }
  }

  return {
    name: `control plane (${group})`,
    load: async ({ signal } = {}) => load(signal),
    async *watch({ from, signal }): AsyncGenerator<SourceUpdate> {
      const { clusterId } = await store.identity({ signal })
      let revision = !hasFailed && from.identity === `etcd:${clusterId}` ? from.revision : undefined
      const lost = new AbortController()
      const ended = signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal])
      void watchPulse(lost, ended)
      try {
        for (;;) {
          if (revision === undefined) {
            const state = await load(ended)
            hasFailed = false
            yield { type: 'state', state }
            revision = state.revision
          }
          for await (const batch of store.watch({ keys, startRevision: revision + 1, signal: ended })) {
            if (batch.type === 'compacted') break
            yield updateOf(group, batch.revision, batch.events)
          }
          ended.throwIfAborted()
          // Compacted: what was missed is in the state. A closed store fails in `load`.
          revision = undefined
        }
      } catch (error) {
        if (signal?.aborted !== true) hasFailed = true
        throw error
      } finally {
        lost.abort()
      }
    },
  }
}

function modifiedAt(
  found: readonly { readonly entry: Entry; readonly modRevision: number }[],
): ReadonlyMap<string, number> {
  return new Map(found.map(({ entry, modRevision }) => [entryKey(entry), modRevision]))
}

function updateOf(group: string, revision: number, events: readonly StoreEvent[]): SourceUpdate {
  if (events.length === 0) return { type: 'progress', revision }
  const changes = { resources: emptyChanges(), instance: emptyChanges() }
  // Later events of a key overtake earlier ones.
  const newest = new Map(events.map((event) => [keyOf(event), event]))
  for (const [key, event] of newest) {
    const ref = entryRefOf(group, key)
    if (ref) addEvent(changes[domainOf(ref.kind)], ref, event)
  }
  return { type: 'change', revision, ...changes }
}

interface GrowingChanges extends EntryChanges {
  readonly upserted: Entry[]
  readonly removed: EntryRef[]
}

function emptyChanges(): GrowingChanges {
  return { upserted: [], removed: [] }
}

function addEvent(changes: GrowingChanges, ref: EntryRef, event: StoreEvent): void {
  if (event.type === 'put') changes.upserted.push({ ...ref, value: jsonValue(event.item.value) })
  else changes.removed.push(ref)
}

function jsonValue(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    // The parser's own message would quote the text.
    throw new SourceError('invalid-response', "the control plane's store holds a value that is not JSON")
  }
}
