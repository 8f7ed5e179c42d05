import { SnapshotError, type DomainStore, type SnapshotStore } from '@outlast/snapshot'
import { keyringOf } from '@outlast/snapshot/apisix'

/** Which keys of the group's keyring the snapshots of one store were encrypted with. */
export interface SnapshotKeyNeeds {
  /** How many retained snapshots need a key, by its id. Absent: none does. */
  readonly retained: ReadonlyMap<string, number>
  /** What the newest one needs. */
  readonly newest: ReadonlySet<string>
  /**
   * The id of the key that is the active one in the newest keyring there. Until that is the group's own active key, the
   * exporter has not committed the rotation, and a snapshot with the key before may be on its way. Absent: there is none.
   */
  readonly active: string | undefined
}

/** Manifests are small, and a store far away takes a while for each. */
const readsAtOnce = 16

/**
 * Reads what the snapshots of a store need. With `remembered`, a snapshot that was read before is not read again: they never
 * change, unless somebody begins anew with an emptied store. Rejects when the store, or one of its snapshots, cannot be
 * read: nobody can say what that one needs.
 */
export async function snapshotKeyNeeds(
  { resources, instance }: SnapshotStore,
  options: {
    readonly remembered?: Map<number, readonly string[]> | undefined
    readonly signal: AbortSignal
  },
): Promise<SnapshotKeyNeeds> {
  const { remembered = new Map<number, readonly string[]>(), signal } = options
  // First: once a rotation is committed, no snapshot with the key before it follows, so that those listed below are all.
  const active = await activeKeyIn(instance, signal)
  const sequences = await resources.sequences({ signal })
  const unread = sequences.filter((sequence) => !remembered.has(sequence)).values()
  const absent = new Set<number>()
  const readSome = async (): Promise<void> => {
    for (const sequence of unread) {
      const keys = await keysNeededBy(resources, sequence, signal)
      if (keys === undefined) absent.add(sequence)
      else remembered.set(sequence, keys)
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, readSome))
  await requirePruned(resources, absent, signal)

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
  return { retained, newest: new Set(newest === undefined ? [] : remembered.get(newest)), active }
}

async function activeKeyIn(instance: DomainStore, signal: AbortSignal): Promise<string | undefined> {
  const latest = await instance.latest({ signal })
  if (latest === undefined) return undefined
  const { entries } = await instance.load(latest.manifest, { signal })
  return keyringOf(entries).keyIds[0]
}

/** `undefined` when it is not there. */
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

/** Snapshots that were listed and not there may have been pruned in between. Those that are listed again were not. */
async function requirePruned(resources: DomainStore, absent: ReadonlySet<number>, signal: AbortSignal): Promise<void> {
  if (absent.size === 0) return
  const sequences = await resources.sequences({ signal })
  const unreadable = sequences.find((sequence) => absent.has(sequence))
  if (unreadable !== undefined) {
    throw new SnapshotError('not-found', `the snapshot ${unreadable} is listed, and cannot be read`)
  }
}
