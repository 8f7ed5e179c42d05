import type { Domain, DomainStore, Floor, Manifest, SnapshotStore } from '@outlast/snapshot'

export interface FlooredStore {
  /** The same store, where `latest` and `history` go by the floor. What is asked for by its number is not shut out. */
  readonly store: SnapshotStore
  /** Digest of a manifest that `latest` has told. */
  readonly digestOf: (manifest: Manifest) => string | undefined
}

/** Puts a floor under what is read from a store. `floorOf` is asked each time. */
export function flooredStore(
  store: SnapshotStore,
  floorOf: (domain: Domain) => Promise<Floor | undefined>,
): FlooredStore {
  const digests = new WeakMap<Manifest, string>()

  function floored(inner: DomainStore): DomainStore {
    return {
      ...inner,
      async latest(options) {
        const latest = await inner.latest({ ...options, floor: await floorOf(inner.domain) })
        if (latest !== undefined) digests.set(latest.manifest, latest.digest)
        return latest
      },
      async *history(options) {
        yield* inner.history({ ...options, floor: await floorOf(inner.domain) })
      },
    }
  }

  return {
    store: { ...store, resources: floored(store.resources), instance: floored(store.instance) },
    digestOf: (manifest) => digests.get(manifest),
  }
}
