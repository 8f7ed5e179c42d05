import type { KeySpan, StoreEvent } from './config-store.ts'

export function keyOf(event: StoreEvent): string {
  return event.type === 'put' ? event.item.key : event.key
}

/** When it happened. */
export function revisionOf(event: StoreEvent): number {
  return event.type === 'put' ? event.item.modRevision : event.modRevision
}

/** Those of the keys, from a revision on; the same array when that is all of them. */
export function eventsOf(events: readonly StoreEvent[], keys: KeySpan, since = 0): readonly StoreEvent[] {
  const isWanted = (event: StoreEvent): boolean => {
    const key = keyOf(event)
    return key >= keys.from && key < keys.to && revisionOf(event) >= since
  }
  return events.every(isWanted) ? events : events.filter(isWanted)
}
