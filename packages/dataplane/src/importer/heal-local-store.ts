import type { Domain } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'

export interface HealOptions {
  readonly storage: StorageAdapter
  readonly group: string
  readonly domain: Domain
  /** Sequence of the newest snapshot that verified; `undefined` when none did. */
  readonly good: number | undefined
  readonly signal: AbortSignal
}

/**
 * Takes damaged snapshots out of a store that belongs to this node alone, so that the next one is built on a good base:
 * a publisher reuses parts that its base names, and would go on naming a damaged one for ever.
 *
 * What verified stays; without any, there is nothing left to lose and everything goes.
 */
export async function healLocalStore({ storage, group, domain, good, signal }: HealOptions): Promise<void> {
  const prefix = `groups/${group}/${domain}/`
  const manifests = `${prefix}manifests/`
  // The head first: while it names a manifest that is gone it would only mislead.
  await storage.delete(`${prefix}head.json`, { signal })
  const doomed: string[] = []
  for await (const key of storage.list(good === undefined ? prefix : manifests, { signal })) {
    if (good === undefined || sequenceOf(key.slice(manifests.length)) > good) doomed.push(key)
  }
  // Newest first, so that an interrupted healing never leaves a gap below a damaged snapshot.
  for (const key of doomed.toReversed()) await storage.delete(key, { signal })
}

/** `000000000012.json` → 12; a file that is not a manifest counts as damaged. */
function sequenceOf(name: string): number {
  const sequence = Number(/^\d+/.exec(name)?.[0])
  return Number.isSafeInteger(sequence) ? sequence : Infinity
}
