/**
 * What the golden fixtures of format 1 are made of, one store for each feature. `write-fixtures.ts` wrote them once;
 * they are never written again.
 */
import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { keyringOf, sensitiveFields } from '../../src/apisix/index.ts'
import type { Entry } from '../../src/entries/entry.ts'
import { compress, decompress, codecOfBytes } from '../../src/format/compression.ts'
import { digestOf } from '../../src/format/digest.ts'
import { encodeManifest } from '../../src/format/manifest-codec.ts'
import { fieldCipher } from '../../src/keyring/field-cipher.ts'
import { localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { ed25519Signer, ed25519TrustedKey } from '../../src/signing/ed25519.ts'
import { snapshotStore, type SnapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { collect } from '../collect.ts'
import { published, route, routes } from '../publish.ts'
import keys from './fixtures/keys.json' with { type: 'json' }

export const trustedKeys = [keys.exporter, keys.operator].map(({ publicKey }) => ed25519TrustedKey(publicKey))
export const sealing = { keys: [localSealingKey(keys.sealing)] }
export const keyring: Entry = { kind: 'keyring', id: '1', value: { keyring: [keys.keyring] } }
export const cipher = fieldCipher({
  group: 'default',
  keyring: keyringOf([keyring]),
  sensitive: sensitiveFields,
})
export const by = { actor: 'ada', reason: 'INC-7' }

/** Entries with secrets of several kinds, and one without. */
export const secretive: readonly Entry[] = [
  { kind: 'consumers', id: 'jack', value: { username: 'jack', plugins: { 'key-auth': { key: 'jack-key' } } } },
  { kind: 'ssls', id: '1', value: { cert: 'public', key: 'private', keys: ['one', 'two'], snis: ['a.example'] } },
  { kind: 'consumers', id: 'env', value: { username: 'env', plugins: { 'key-auth': { key: '$env://KEY' } } } },
  route(1),
]

const operator = ed25519Signer(keys.operator.privateKey)
const exporter = ed25519Signer(keys.exporter.privateKey)

/** Every feature by the name of its folder, with what fills an empty store. */
export const featureStores: Readonly<Record<string, (storage: StorageAdapter) => Promise<void>>> = {
  /** Two signed snapshots, a rollback by the operator, and its end. */
  async 'signed-and-held'(storage) {
    const clock = manualClock()
    const openAs = (signer: SnapshotStoreOptions['signer']): SnapshotStore =>
      snapshotStore({ group: 'default', resources: storage, instance: storage, signer, trustedKeys, clock })
    await published(openAs(exporter).resources, [route(1)], 1)
    clock.advance(60_000)
    await published(openAs(exporter).resources, [route(1), route(2)], 2)
    clock.advance(60_000)
    await openAs(operator).resources.operator.rollback(1, by)
    clock.advance(60_000)
    await openAs(operator).resources.operator.resume({ ...by, reason: 'mended' })
  },

  /**
   * A signed snapshot with more entries than the next one, so that this one tells the counts of the last 24 hours; a head
   * that shows what its exporter holds; and the operator's accept, that waits to be used.
   */
  async 'held-and-accepted'(storage) {
    const clock = manualClock()
    const openAs = (signer: SnapshotStoreOptions['signer']): SnapshotStore =>
      snapshotStore({ group: 'default', resources: storage, instance: storage, signer, trustedKeys, clock })
    const { resources } = openAs(exporter)
    await published(resources, [route(1), route(2), route(3)], 1)
    clock.advance(3_600_000)
    await published(resources, [route(1), route(2)], 2)
    clock.advance(60_000)
    const publication = await resources.begin()
    const { baseDigest: base = '' } = publication
    const held = { base, root: publication.rootOf([route(4)]) ?? '', identity: 'another' }
    const summary = 'would remove 2 routes; would add 1 route'
    await resources.heartbeat({ held: 'another source', candidate: { ...held, summary } })
    clock.advance(60_000)
    await openAs(operator).resources.operator.accept(by, { ...held, candidate: held.root })
  },

  /** An instance configuration that is sealed, in two versions of which the second takes over parts. */
  async sealed(storage) {
    const { instance } = snapshotStore({ group: 'default', resources: storage, instance: storage, sealing })
    const many = Array.from({ length: 900 }, (_, index) => ({ ...keyring, id: `key-${index}` }))
    await published(instance, many, 1)
    await published(instance, [...many, { kind: 'discovery', id: 'consul', value: { token: 'hidden' } }], 2)
  },

  /** Resources with encrypted fields, and the keyring that they need. */
  async 'encrypted-fields'(storage) {
    const { instance, resources } = snapshotStore({ group: 'default', resources: storage, instance: storage })
    await published(instance, [keyring], 1)
    await published(
      resources,
      secretive.map((entry) => cipher.protect(entry)),
      1,
    )
  },

  /** What a publisher without Zstandard writes, with a manifest that is long enough to be compressed. */
  async gzip(storage) {
    const memory = memoryStorage()
    const written = snapshotStore({ group: 'default', resources: memory, instance: memory }).resources
    const manifest = await published(written, routes(20_000), 1)
    const folder = 'groups/default/resources'
    const parts = []
    for (const part of manifest.parts) {
      const stored = await bytesOf(memory, `${folder}/${part.key}`)
      const bytes = await compress(await decompress(stored, 'zst', part.plain.size), 'gz')
      const key = part.key.replace(/zst$/, 'gz')
      await storage.put(`${folder}/${key}`, bytes)
      parts.push({ ...part, key, stored: { digest: digestOf(bytes), size: bytes.byteLength } })
    }
    const { bytes: encoded } = await encodeManifest({ ...manifest, parts })
    if (codecOfBytes(encoded) !== 'zst') throw new Error('The manifest is too short to be compressed')
    const plain = await decompress(encoded, 'zst', 2 ** 24)
    await storage.put(`${folder}/manifests/000000000001.json`, await compress(plain, 'gz'))
  },
}

async function bytesOf(storage: StorageAdapter, key: string): Promise<Uint8Array> {
  const object = await storage.get(key)
  if (object === undefined) throw new Error(`There is no ${key}`)
  return object.bytes
}

/** All objects of a store, by key. */
export async function objectsOf(storage: StorageAdapter): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (const key of await collect(storage.list(''))) found.set(key, await bytesOf(storage, key))
  return found
}
