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
  /** The newest resources of the store, and what its head says about them; absent when they are below the floor. */
  readonly latest: LatestSnapshot | undefined
  /** Why the newest snapshot is not the one that was read; absent when it is. */
  readonly skipped?: SnapshotError | undefined
}

export interface ReadCompleteOptions {
  /** What the caller has; only parts that it lacks are fetched, and nothing older is looked for. */
  readonly have?: CompleteSnapshot | undefined
  readonly signal: AbortSignal
}

/**
 * The newest configuration of a store that verifies completely; `undefined` when the store holds none. When it holds some
 * and none of them can be used, it rejects with what is wrong with the newest: nobody must take that for an empty store.
 * When the newest is damaged, has not fully arrived, or is below the floor, it is the newest one before that is whole, and
 * newer than what the caller has.
 */
export async function readComplete(
  store: SnapshotStore,
  { have, signal }: ReadCompleteOptions,
): Promise<CompleteReading | undefined> {
  let latest: LatestSnapshot | undefined
  try {
    // Resources are asked first and published last: the newest instance snapshot then cannot be too old for them.
    latest = await latestOrNothing(store.resources, signal)
    return latest && { ...(await loadPair(store, latest.manifest, { have, signal })), latest }
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    // Nothing of it can be read.
    if (latest === undefined && error.code !== 'below-floor') throw error
    for await (const older of earlierComplete(store, latest?.manifest, { have, signal }))
      return { ...older, latest, skipped: error }
    throw error
  }
}

/** What a store holds before this manifest, newest first, as far as it verifies completely and is newer than what the caller has. */
export async function* earlierComplete(
  store: SnapshotStore,
  before: Manifest | undefined,
  { have, signal }: ReadCompleteOptions,
): AsyncGenerator<CompleteSnapshot, void, void> {
  const known = have?.resources.manifest.position
  for await (const manifest of store.resources.history({ signal })) {
    if (before !== undefined && manifest.sequence >= before.sequence) continue
    if (known !== undefined && comparePositions(manifest.position, known) <= 0) return
    const complete = await orNothing(loadPair(store, manifest, { have, signal }))
    if (complete !== undefined) yield complete
  }
}

async function latestOrNothing(store: DomainStore, signal: AbortSignal): Promise<LatestSnapshot | undefined> {
  const latest = await store.latest({ signal })
  if (latest !== undefined) return latest
  const [newest] = await store.sequences({ signal })
  if (newest !== undefined) await store.manifest(newest, { signal })
  return undefined
}

/** Whether an instance configuration is as new as these resources need. */
export function suffices(instance: Manifest, { needs }: Manifest): boolean {
  return needs?.instance === undefined || comparePositions(instance.position, needs.instance) >= 0
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
  const known = have?.instance
  let latest: LatestSnapshot | undefined
  try {
    latest = await latestOrNothing(store.instance, signal)
  } catch (error) {
    if (!SnapshotError.isInstance(error) || error.code !== 'below-floor') throw error
    return olderInstance(store, resources, { have, signal, cause: error })
  }
  if (latest === undefined || !suffices(latest.manifest, resources)) {
    if (resources.needs?.instance === undefined) return undefined
    throw new SnapshotError('not-yet', 'the instance snapshot that these resources need is not there yet')
  }
  const newest = latest.manifest
  if (known?.manifest.commitId === newest.commitId) return known
  try {
    return await store.instance.load(newest, { reuse: known, signal })
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    return olderInstance(store, resources, { have, signal, newest, cause: error })
  }
}

interface OlderInstanceOptions extends ReadCompleteOptions {
  /** What cannot be used; absent when it is below the floor. */
  readonly newest?: Manifest | undefined
  /** Why. */
  readonly cause: SnapshotError
}

/** The newest before it that can be used. Rejects with the cause when there is none. */
async function olderInstance(
  store: SnapshotStore,
  resources: Manifest,
  { have, signal, newest, cause }: OlderInstanceOptions,
): Promise<Snapshot> {
  const known = have?.instance
  if (known !== undefined && suffices(known.manifest, resources)) return known
  for await (const manifest of store.instance.history({ signal })) {
    if (newest !== undefined && manifest.sequence >= newest.sequence) continue
    if (!suffices(manifest, resources)) continue
    const loaded = await orNothing(store.instance.load(manifest, { signal }))
    if (loaded !== undefined) return loaded
  }
  throw cause
}

/** `undefined` for what cannot be used; rejects when the store cannot be reached. */
export async function orNothing<Loaded>(load: Promise<Loaded>): Promise<Loaded | undefined> {
  return load.catch((error: unknown) => {
    if (!SnapshotError.isInstance(error)) throw error
    return undefined
  })
}
