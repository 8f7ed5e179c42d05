import { SnapshotError, type DomainStore, type SnapshotStore } from '@outlast/snapshot'

/** Which keys of the group's keyring the snapshots of one store were encrypted with. */
export interface SnapshotKeyNeeds {
  /** How many retained snapshots need a key, by its id. Absent: none does. */
  readonly retained: ReadonlyMap<string, number>
  /** What the newest one needs. */
  readonly newest: ReadonlySet<string>
}

/** Manifests are small, and a store far away takes a while for each. */
const readsAtOnce = 16

/**
 * Reads what the snapshots of a store need. With `remembered`, a snapshot that was read before is not read again: they never
 * change, unless somebody begins anew with an emptied store. Rejects when the store, or one of its snapshots, cannot be
 * read: nobody can say what that one needs.
 */
export async function snapshotKeyNeeds(
  { resources }: SnapshotStore,
  options: {
    readonly remembered?: Map<number, readonly string[]> | undefined
    readonly signal: AbortSignal
  },
): Promise<SnapshotKeyNeeds> {
  const { remembered = new Map<number, readonly string[]>(), signal } = options
  const sequences = await resources.sequences({ signal })
  const unread = sequences.filter((sequence) => !remembered.has(sequence)).values()
  const readSome = async (): Promise<void> => {
    for (const sequence of unread) {
      const keys = await keysNeededBy(resources, sequence, signal)
      if (keys !== undefined) {
        remembered.set(sequence, keys)
      }
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, readSome))

  const present = new Set(sequences)
  const retained = new Map<string, number>()
  for (const [sequence, keys] of remembered) {
    if (!present.has(sequence)) {
      remembered.delete(sequence)
      continue
    }
    for (const keyId of keys) {
      retained.set(keyId, (retained.get(keyId) ?? 0) + 1)
    }
  }
  const newest = sequences.find((sequence) => remembered.has(sequence))
  return { retained, newest: new Set(newest === undefined ? [] : remembered.get(newest)) }
}

/** `undefined` when it was pruned meanwhile. */
async function keysNeededBy(
  resources: DomainStore,
  sequence: number,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    const { manifest } = await resources.manifest(sequence, { signal })
    return manifest.needs?.keys ?? []
  } catch (error) {
    if (SnapshotError.isInstance(error) && error.code === 'not-found') {
      return undefined
    }
    throw error
  }
}
