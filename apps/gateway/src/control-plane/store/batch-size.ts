const batchEvents = 1000
const batchCharacters = 4 * 1024 * 1024

/** Whether a batch of a watch ends with the revision that is its last one: events, and characters of their values. */
export function isFullBatch(events: number, characters: number): boolean {
  return events >= batchEvents || characters >= batchCharacters
}
