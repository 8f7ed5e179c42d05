import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Entry } from '../../src/entries/entry.ts'
import { SnapshotError } from '../../src/snapshot-error.ts'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { keysIn, published, route, routes } from '../publish.ts'

// The second shares all parts but one with the first.
const configurations: readonly Entry[][] = [routes(450), [...routes(449), route('changed')]]
let storage: StorageAdapter
let keys: string[]
/** Which snapshots need an object. */
let needed: Map<string, number[]>

let options: Partial<SnapshotStoreOptions> = {}

const signingKey = generateSigningKey()
const sealing = { keys: [localSealingKey(generateSealingSecret())], domains: ['resources'] } as const
const signed = {
  signer: ed25519Signer(signingKey.privateKey),
  trustedKeys: [ed25519TrustedKey(signingKey.publicKey)],
}

function open(): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, ...options }).resources
}

async function fill(): Promise<void> {
  storage = memoryStorage()
  for (const [index, configuration] of configurations.entries()) await published(open(), configuration, index + 1)
  keys = (await keysIn(storage)).filter((key) => !key.endsWith('probe.json'))
  const manifests = await collect(open().history())
  needed = new Map(
    keys.map((key) => {
      const needs = manifests.filter(
        ({ sequence, parts }) =>
          key.endsWith(`manifests/00000000000${sequence}.json`) || parts.some((part) => key.endsWith(part.key)),
      )
      return [key, needs.map(({ sequence }) => sequence)]
    }),
  )
}

async function bytesOf(key: string): Promise<Uint8Array> {
  const object = await storage.get(key)
  if (object === undefined) throw new Error(`There is no ${key}`)
  return object.bytes
}

/** The snapshots that a fresh reader can load, and whether their content is right. */
async function loadable(): Promise<Map<number, 'right' | 'wrong'>> {
  const found = new Map<number, 'right' | 'wrong'>()
  const store = open()
  for await (const manifest of store.history()) {
    try {
      const ids = (await store.load(manifest)).entries.map(({ id }) => id).toSorted()
      const expected = configurations[manifest.sequence - 1]?.map(({ id }) => id).toSorted()
      found.set(manifest.sequence, ids.join(' ') === expected?.join(' ') ? 'right' : 'wrong')
    } catch (error) {
      if (!SnapshotError.isInstance(error) || error.code !== 'damaged') throw error
    }
  }
  return found
}

/** Puts other bytes in the place of an object and back again; resolves with what happened, as a sentence. */
async function replace(key: string, bytes: Uint8Array): Promise<string> {
  const intact = await bytesOf(key)
  await storage.put(key, bytes)
  const found = await loadable()
  const latest = await open().latest()
  await storage.put(key, intact)
  if ([...found.values()].includes('wrong')) return `damage to ${key} gives a wrong configuration`
  if (needed.get(key)?.some((sequence) => found.has(sequence)) === true) return `damage to ${key} is not noticed`
  if (latest === undefined) return `damage to ${key} hides everything`
  return 'the damage is noticed, and hides nothing that is not damaged'
}

const good = 'the damage is noticed, and hides nothing that is not damaged'

describe.each<[string, Partial<SnapshotStoreOptions>]>([
  ['as it is', {}],
  ['signed', signed],
  ['sealed', { sealing }],
  ['signed and sealed', { ...signed, sealing }],
])('damage to a store %s', (_name, kind) => {
  beforeEach(async () => {
    options = kind
    await fill()
  })

  it('of one byte of any object never yields a wrong configuration', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (object, place, flip) => {
        const key = keys[object % keys.length] ?? ''
        const bytes = (await bytesOf(key)).slice()
        const index = place % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ flip
        expect(await replace(key, bytes)).toBe(good)
      }),
      { numRuns: 150 },
    )
  })

  it('by cutting any object short, or by making it longer, never yields a wrong configuration', async () => {
    for (const key of keys) {
      const bytes = await bytesOf(key)
      expect(await replace(key, bytes.subarray(0, bytes.length / 2))).toBe(good)
      expect(await replace(key, new Uint8Array())).toBe(good)
      expect(await replace(key, Buffer.concat([bytes, bytes]))).toBe(good)
    }
  })

  it('by putting one object in the place of another never yields a wrong configuration', async () => {
    for (const key of keys) {
      for (const other of keys.filter((candidate) => candidate !== key)) {
        expect(await replace(key, await bytesOf(other))).toBe(good)
      }
    }
  })
})
