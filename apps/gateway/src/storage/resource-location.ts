import {
  snapshotStore,
  systemClock,
  type Clock,
  type Entry,
  type JsonValue,
  type SnapshotStoreOptions,
} from '@outlast/snapshot'
import {
  StorageError,
  type CallOptions,
  type GetOptions,
  type StorageAdapter,
  type StorageReader,
  type StoredObject,
} from '@outlast/storage'
import type { StorageBlock } from './blocks/storage-block.ts'

// A node that is given only the config bucket learns from the instance snapshot where the resources are.
const kind = 'snapshot_storage'
const id = 'resources'

/** The instance entry by which a control plane tells where it keeps the resources. Holds no credentials. */
export function resourceLocationEntry(block: StorageBlock): Entry | undefined {
  if (!block.resource || block.name === 'filesystem') return undefined
  return { kind, id, value: { [block.name]: { bucket: block.resource.bucket } } }
}

/** Reads the resources' bucket of `block` wherever the newest instance snapshot says that it is. */
export function locatedResources(options: {
  readonly block: StorageBlock
  readonly group: string
  readonly instance: StorageAdapter
  /** How the instance snapshot is believed and opened. */
  readonly trust?: Pick<SnapshotStoreOptions, 'trustedKeys' | 'sealing'> | undefined
  readonly clock?: Clock | undefined
}): StorageReader {
  const { block, group, instance, trust, clock = systemClock } = options
  const { trustedKeys, sealing } = trust ?? {}
  const instances = snapshotStore({ group, instance, resources: instance, trustedKeys, sealing, clock }).instance
  let located: { readonly root: string; readonly reader: StorageReader } | undefined
  let askedAt = Number.NEGATIVE_INFINITY

  async function locate(signal: AbortSignal | undefined): Promise<StorageReader | undefined> {
    if (located && clock.now() - askedAt < recheckMs) return located.reader
    try {
      const latest = await instances.latest({ signal })
      if (!latest && !located) await refuseUnusable(signal)
      if (latest && latest.manifest.root !== located?.root) {
        const { entries } = await instances.load(latest.manifest, { signal })
        located = { root: latest.manifest.root, reader: block.open(bucketOf(entries)) }
      }
      askedAt = clock.now()
    } catch (error) {
      // What was known a moment ago is better than nothing.
      if (!located) throw error
    }
    return located?.reader
  }

  /** A config bucket whose snapshots cannot be used, as nobody trusted has signed them, must not look like an empty one. */
  async function refuseUnusable(signal: AbortSignal | undefined): Promise<void> {
    const [newest] = await instances.sequences({ signal })
    if (newest !== undefined) await instances.manifest(newest, { signal })
  }

  function bucketOf(entries: readonly Entry[]): string {
    const value = entries.find((entry) => entry.kind === kind && entry.id === id)?.value
    const bucket = field(field(value, block.name), 'bucket')
    if (typeof bucket === 'string') return bucket
    throw new StorageError({
      code: 'bucket-not-found',
      message: `the instance snapshot in ${instance.name} does not tell where the resources are; name their bucket in the configuration`,
      storage: instance.name,
    })
  }

  function get(
    key: string,
    getOptions?: CallOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  function get(key: string, getOptions: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  async function get(key: string, getOptions: GetOptions = {}): Promise<StoredObject | 'not-modified' | undefined> {
    const found = await locate(getOptions.signal)
    return found?.get(key, getOptions)
  }

  return {
    name: `${instance.name} (resources)`,
    get,
    async *list(prefix, listOptions = {}) {
      const found = await locate(listOptions.signal)
      if (found) yield* found.list(prefix, listOptions)
    },
  }
}

const recheckMs = 5_000

function field(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value instanceof Object ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
}
