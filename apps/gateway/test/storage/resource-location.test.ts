import {
  ed25519Signer,
  ed25519TrustedKey,
  generateSealingSecret,
  generateSigningKey,
  localSealingKey,
  snapshotStore,
  type Clock,
  type Entry,
  type SnapshotStore,
  type SnapshotStoreOptions,
} from '@outlast/snapshot'
import { defineStorage, memoryStorage, StorageError, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { locatedResources, resourceLocationEntry } from '../../src/storage/resource-location.ts'
import type { StorageBlock } from '../../src/storage/blocks/storage-block.ts'

let now = Date.now()
const clock: Clock = { now: () => now, sleep: async () => {} }

describe('a node that knows only the config bucket', () => {
  let buckets: Map<string, StorageAdapter>
  let isDown: boolean
  let seen: SnapshotStore

  const open = (bucket: string): StorageAdapter => {
    const storage = buckets.get(bucket)
    if (!storage) throw new Error(`there is no bucket ${bucket}`)
    return storage
  }
  const block = (resource: string | undefined): StorageBlock => ({
    name: 'aws_s3',
    config: { bucket: 'config', field: 'bucket' },
    resource: resource === undefined ? undefined : { bucket: resource, field: 'resource_bucket' },
    server: '',
    endpointField: 'endpoint',
    credentialsField: 'access_key',
    open,
  })
  /** What a control plane with this resource bucket exports. */
  const backUp = async (
    resource: string,
    epoch: number,
    route: string,
    { located = true, ...keys }: { readonly located?: boolean } & Partial<SnapshotStoreOptions> = {},
  ): Promise<void> => {
    const storages = { instance: open('config'), resources: open(resource) }
    const store = snapshotStore({ group: 'default', ...storages, clock, ...keys })
    const location = resourceLocationEntry(block(resource))
    const publish = async (domain: 'instance' | 'resources', entries: readonly Entry[]): Promise<void> => {
      const publication = await store[domain].begin()
      await publication.publish({ entries, position: { epoch, revision: 1 }, source: { identity: 'cp' } })
    }
    await publish('instance', located && location ? [location] : [])
    await publish('resources', [{ kind: 'routes', id: route, value: 1 }])
  }
  const routes = async (): Promise<readonly string[]> => {
    const latest = await seen.resources.latest()
    if (!latest) return []
    const { entries } = await seen.resources.load(latest.manifest)
    return entries.map(({ id }) => id)
  }

  const look = (trust: Pick<SnapshotStoreOptions, 'trustedKeys' | 'sealing'> = {}): SnapshotStore => {
    const instance = withOutages(open('config'), () => isDown)
    const resources = locatedResources({ block: block(undefined), group: 'default', instance, trust, clock })
    return snapshotStore({ group: 'default', instance, resources, ...trust, clock })
  }

  beforeEach(() => {
    buckets = new Map(['config', 'first', 'second'].map((name) => [name, memoryStorage()]))
    isDown = false
    seen = look()
  })

  it('finds the resources where the instance snapshot says', async () => {
    expect(await routes()).toEqual([])
    await backUp('first', 1, 'a')
    expect(await routes()).toEqual(['a'])
  })

  it('follows them to another bucket', async () => {
    await backUp('first', 1, 'a')
    expect(await routes()).toEqual(['a'])
    // Etags in memory are counters; those of real stores are never the same in two buckets.
    await open('second').put('something', new Uint8Array())
    await backUp('second', 2, 'b')
    now += 60_000
    expect(await routes()).toEqual(['b'])
  })

  it('starts as soon as the config bucket answers, and reads on when it does no more', async () => {
    await backUp('first', 1, 'a')
    isDown = true
    await expect(routes()).rejects.toThrow('not reachable')
    isDown = false
    expect(await routes()).toEqual(['a'])
    isDown = true
    now += 60_000
    expect(await routes()).toEqual(['a'])
  })

  it('says what to do when the instance snapshot does not tell', async () => {
    await backUp('first', 1, 'a', { located: false })
    await expect(routes()).rejects.toThrow('does not tell where the resources are; name their bucket')
  })

  it('believes and opens the instance snapshot with its keys, and takes none that it refuses for an empty bucket', async () => {
    const [ours, strangers] = [generateSigningKey(), generateSigningKey()]
    const sealing = { keys: [localSealingKey(generateSealingSecret())] }
    await backUp('first', 1, 'a', { signer: ed25519Signer(ours.privateKey), sealing })
    seen = look({ trustedKeys: [ed25519TrustedKey(ours.publicKey)], sealing })
    expect(await routes()).toEqual(['a'])
    seen = look({ trustedKeys: [ed25519TrustedKey(strangers.publicKey)], sealing })
    await expect(routes()).rejects.toThrow('is signed, but by no key that is trusted here')
    seen = look({ trustedKeys: [ed25519TrustedKey(ours.publicKey)] })
    await expect(routes()).rejects.toMatchObject({ code: 'missing-key' })
  })

  it('keeps to the place that it knows when the next one cannot be opened', async () => {
    await backUp('first', 1, 'a')
    expect(await routes()).toEqual(['a'])
    buckets.set('third', memoryStorage())
    await backUp('third', 2, 'c')
    buckets.delete('third')
    now += 60_000
    expect(await routes()).toEqual(['a'])
  })
})

function withOutages(storage: StorageAdapter, isDown: () => boolean): StorageAdapter {
  const reach = (): StorageAdapter => {
    if (!isDown()) return storage
    throw new StorageError({ code: 'unavailable', message: 'not reachable' })
  }
  return defineStorage({
    name: storage.name,
    capabilities: storage.capabilities,
    get: async (key, options) => reach().get(key, options),
    put: async (key, bytes, options) => reach().put(key, bytes, options),
    list: (prefix, options) => reach().list(prefix, options),
    delete: async (key, options) => reach().delete(key, options),
    mapError: () => 'unknown',
  })
}
