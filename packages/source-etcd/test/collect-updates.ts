import type { SourceUpdate } from '@outlast/snapshot'

/** Takes updates until one satisfies the predicate, and returns them all. Leaving the loop closes the watch. */
export async function collectUpdates(
  updates: AsyncIterable<SourceUpdate>,
  last: (update: SourceUpdate) => boolean,
): Promise<SourceUpdate[]> {
  const taken: SourceUpdate[] = []
  for await (const update of updates) {
    taken.push(update)
    if (last(update)) break
  }
  return taken
}

export function revisionOf(update: SourceUpdate): number {
  return update.type === 'state' ? update.state.revision : update.revision
}

/** Ids of resources that the updates' changes upserted, in order. */
export function upsertedIds(updates: readonly SourceUpdate[]): string[] {
  return updates.flatMap((update) => (update.type === 'change' ? update.resources.upserted.map(({ id }) => id) : []))
}
