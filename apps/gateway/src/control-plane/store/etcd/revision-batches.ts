import { isFullBatch } from '../batch-size.ts'
import type { StoreEvent, WatchBatch } from '../config-store.ts'
import { keyOf, revisionOf } from '../store-event.ts'

type EventBatch = WatchBatch & { readonly type: 'events' }

/** Cuts a stream of events, in the order of their revisions, into batches of whole revisions. */
export interface RevisionBatches {
  /** Events that may end in the middle of a revision. Returns the batches that are full. */
  add(events: readonly StoreEvent[]): readonly EventBatch[]
  /** What is left, when the last revision is known to be whole. */
  flush(): readonly EventBatch[]
}

export function revisionBatches(): RevisionBatches {
  let events: StoreEvent[] = []
  let characters = 0
  let revision = 0

  const flush = (): readonly EventBatch[] => {
    if (events.length === 0) return []
    const batch: EventBatch = { type: 'events', revision, events: events.toSorted(inOrder) }
    events = []
    characters = 0
    return [batch]
  }

  return {
    flush,
    add: (added) =>
      added.flatMap((event) => {
        const at = revisionOf(event)
        const full = at !== revision && isFullBatch(events.length, characters) ? flush() : []
        revision = at
        characters += event.type === 'put' ? event.item.value.length : 0
        events.push(event)
        return full
      }),
  }
}

/** etcd has those of one revision in the order in which they were asked for. */
function inOrder(left: StoreEvent, right: StoreEvent): number {
  const revisions = revisionOf(left) - revisionOf(right)
  if (revisions !== 0) return revisions
  return keyOf(left) < keyOf(right) ? -1 : 1
}
