import { isFullBatch } from './batch-size.ts'
import type { KeySpan, StoreEvent, WatchBatch } from './config-store.ts'
import { eventsOf } from './store-event.ts'

type Batch = WatchBatch & { readonly type: 'events' }

export interface RecentBatchesLimits {
  /** Events to hold. */
  readonly maximumEvents: number
  /** Characters of their values to hold. */
  readonly maximumCharacters: number
}

/** What happened last in a store: all of it between two revisions, or nothing at all yet. */
export interface RecentBatches {
  /** The first revision that is held; `Infinity` before `restart`. */
  first(): number
  /** The last revision that is known, 0 before `restart`. */
  last(): number
  /** Takes the next batch, and forgets the oldest ones to make room. */
  add(batch: Batch): void
  /** What happened in a span from a held revision on, as much as makes one batch. */
  read(keys: KeySpan, startRevision: number): Batch
  /** Forgets everything. The next batch begins with this revision; without one, nothing is expected before the next restart. */
  restart(revision?: number): void
}

export function recentBatches({ maximumEvents, maximumCharacters }: RecentBatchesLimits): RecentBatches {
  let held: (Batch & { readonly characters: number })[] = []
  let first = Infinity
  let last = 0
  let events = 0
  let characters = 0

  return {
    first: () => first,
    last: () => last,

    add(batch) {
      if (batch.revision <= last) return
      last = batch.revision
      const added = { ...batch, characters: charactersOf(batch.events) }
      held.push(added)
      events += batch.events.length
      characters += added.characters
      let dropped = 0
      for (const oldest of held) {
        if (events <= maximumEvents && characters <= maximumCharacters) break
        dropped += 1
        events -= oldest.events.length
        characters -= oldest.characters
        first = oldest.revision + 1
      }
      held.splice(0, dropped)
    },

    read(keys, startRevision) {
      const found: (readonly StoreEvent[])[] = []
      let [revision, size, length] = [startRevision - 1, 0, 0]
      for (let index = indexOf(held, startRevision); index < held.length; index += 1) {
        const batch = held[index]
        if (batch === undefined || isFullBatch(size, length)) break
        const wanted = eventsOf(batch.events, keys, startRevision)
        found.push(wanted)
        revision = batch.revision
        size += wanted.length
        length += wanted === batch.events ? batch.characters : charactersOf(wanted)
      }
      return { type: 'events', revision, events: found.flat() }
    },

    restart(revision = Infinity) {
      held = []
      first = revision
      last = revision === Infinity ? 0 : revision - 1
      events = 0
      characters = 0
    },
  }
}

function charactersOf(events: readonly StoreEvent[]): number {
  return events.reduce((sum, event) => sum + (event.type === 'put' ? event.item.value.length : 0), 0)
}

/** Where the batch is that holds the revision; batches are in the order of their revisions. */
function indexOf(batches: readonly Batch[], revision: number): number {
  let [low, high] = [0, batches.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((batches[middle]?.revision ?? Infinity) < revision) low = middle + 1
    else high = middle
  }
  return low
}
