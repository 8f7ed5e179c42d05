import { comparePositions, type Manifest, type Snapshot, type SnapshotStore } from '@outlast/snapshot'
import { earlierComplete, orNothing, suffices, type CompleteSnapshot } from './read-complete.ts'

/**
 * What a store has been before, newest first, as far as it verifies completely. Resources with the instance configuration of
 * their time come first, because that is what nodes have run, and what is wrong may be the newest instance configuration;
 * then the same resources with the newest instance configuration that can be read. Some may be told twice, and what the
 * store is now may be among them.
 */
export async function* earlierConfigurations(
  store: SnapshotStore,
  { resources, instance }: CompleteSnapshot,
  signal: AbortSignal,
): AsyncGenerator<CompleteSnapshot, void, void> {
  if (instance !== undefined) {
    const known = new Map<number, Snapshot | undefined>([[instance.manifest.sequence, instance]])
    for await (const manifest of store.resources.history({ signal })) {
      if (manifest.sequence > resources.manifest.sequence) continue
      const then = await instanceOf(store, manifest, known, signal)
      const isKnown = manifest.commitId === resources.manifest.commitId
      const state = then && (isKnown ? resources : await orNothing(store.resources.load(manifest, { signal })))
      if (state) yield { resources: state, instance: then }
    }
  }
  yield* earlierComplete(store, resources.manifest, { signal })
}

/** The newest instance configuration that is not newer than these resources. Remembers what it has loaded in `known`. */
async function instanceOf(
  store: SnapshotStore,
  resources: Manifest,
  known: Map<number, Snapshot | undefined>,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  for await (const manifest of store.instance.history({ signal })) {
    if (comparePositions(manifest.position, resources.position) > 0) continue
    if (!suffices(manifest, resources)) return undefined
    const { sequence } = manifest
    if (!known.has(sequence)) known.set(sequence, await orNothing(store.instance.load(manifest, { signal })))
    const loaded = known.get(sequence)
    if (loaded !== undefined) return loaded
  }
  return undefined
}
