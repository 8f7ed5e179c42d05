import {
  comparePositions,
  SnapshotError,
  type DomainStore,
  type LatestSnapshot,
  type Manifest,
  type Snapshot,
  type SnapshotStore,
} from '@outlast/snapshot'

/** Snapshots of both domains that fit together, verified. */
export interface CompleteSnapshot {
  readonly resources: Snapshot
  /** Absent when none was ever published and none is needed. */
  readonly instance: Snapshot | undefined
}

export interface CompleteReading extends CompleteSnapshot {
  /** What the store's head says about the newest resources. */
  readonly latest: LatestSnapshot
  /** Why the newest snapshot is not the one that was read; absent when it is. */
  readonly skipped?: SnapshotError | undefined
}

export interface ReadCompleteOptions {
  /** What the caller has; only parts that it lacks are fetched, and then nothing older is looked for. */
  readonly have?: CompleteSnapshot | undefined
  readonly signal: AbortSignal
}

/**
 * The newest configuration of a store that verifies completely; `undefined` when the store holds none. When it holds some
 * and none of them can be used, it rejects with what is wrong with the newest: nobody must take that for an empty store.
 * A caller that has nothing gets an older one rather than none when the newest is damaged or has not fully arrived.
 */
export async function readComplete(
  store: SnapshotStore,
  { have, signal }: ReadCompleteOptions,
): Promise<CompleteReading | undefined> {
  // Resources are asked first and published last: the newest instance snapshot then cannot be too old for them.
  const latest = await latestOrNothing(store.resources, signal)
  if (latest === undefined) return undefined
  try {
    return { ...(await loadPair(store, latest.manifest, { have, signal })), latest }
  } catch (error) {
    if (!SnapshotError.isInstance(error) || have !== undefined) throw error
    for await (const older of earlierComplete(store, latest.manifest, signal))
      return { ...older, latest, skipped: error }
    throw error
  }
}

/** What a store holds before this manifest, newest first, as far as it verifies completely. */
export async function* earlierComplete(
  store: SnapshotStore,
  before: Manifest,
  signal: AbortSignal,
): AsyncGenerator<CompleteSnapshot, void, void> {
  for await (const manifest of store.resources.history({ signal })) {
    if (manifest.sequence >= before.sequence) continue
    const complete = await loadPair(store, manifest, { signal }).catch((error: unknown) => {
      if (!SnapshotError.isInstance(error)) throw error
    })
    if (complete) yield complete
  }
}

async function latestOrNothing(store: DomainStore, signal: AbortSignal): Promise<LatestSnapshot | undefined> {
  const latest = await store.latest({ signal })
  if (latest !== undefined) return latest
  const [newest] = await store.sequences({ signal })
  if (newest !== undefined) await store.manifest(newest, { signal })
  return undefined
}

/** This snapshot with the instance configuration that it needs. */
export async function loadPair(
  store: SnapshotStore,
  manifest: Manifest,
  { have, signal }: ReadCompleteOptions,
): Promise<CompleteSnapshot> {
  const instance = await loadInstance(store, manifest, { have, signal })
  const known = have?.resources
  const same = known?.manifest.commitId === manifest.commitId
  return { instance, resources: same ? known : await store.resources.load(manifest, { reuse: known, signal }) }
}

/** The newest loadable instance snapshot that is not older than these resources need. */
async function loadInstance(
  store: SnapshotStore,
  resources: Manifest,
  { have, signal }: ReadCompleteOptions,
): Promise<Snapshot | undefined> {
  const needed = resources.needs?.instance
  const suffices = (manifest: Manifest): boolean =>
    needed === undefined || comparePositions(manifest.position, needed) >= 0
  const latest = await latestOrNothing(store.instance, signal)
  if (latest === undefined || !suffices(latest.manifest)) {
    if (needed === undefined) return undefined
    throw new SnapshotError('not-yet', 'the instance snapshot that these resources need is not there yet')
  }
  const known = have?.instance
  if (known?.manifest.commitId === latest.manifest.commitId) return known
  try {
    return await store.instance.load(latest.manifest, { reuse: known, signal })
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    if (known !== undefined && suffices(known.manifest)) return known
    for await (const manifest of store.instance.history({ signal })) {
      if (manifest.sequence >= latest.manifest.sequence || !suffices(manifest)) continue
      try {
        return await store.instance.load(manifest, { signal })
      } catch (older) {
        if (!SnapshotError.isInstance(older)) throw older
      }
    }
    throw error
  }
}
