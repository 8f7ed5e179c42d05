import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Entry } from '../../src/entries/entry.ts'
import { entryLine } from '../../src/format/entry-line.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import type { SealingKey } from '../../src/sealing/sealing-key.ts'
import { silentLogger } from '../../src/logger.ts'
import { ed25519Signer, generateSigningKey } from '../../src/signing/ed25519.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { entries as anyEntries } from '../arbitraries.ts'
import { draft, keysIn, publish, published, route, routes } from '../publish.ts'
import { recordingStorage } from '../recording-storage.ts'

const key = localSealingKey(generateSealingSecret())
const otherKey = localSealingKey(generateSealingSecret())
const keyring: Entry = { kind: 'keyring', id: '1', value: { keyring: ['a-secret-that-nobody-may-see'] } }
const layout = layoutOf('default', 'instance')
let storage: StorageAdapter

function open(keys: readonly SealingKey[] = [key]): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, sealing: { keys } }).instance
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
}

beforeEach(() => {
  storage = memoryStorage()
})

describe('a sealed store', () => {
  it('gives back any configuration', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, async (entries) => {
        storage = memoryStorage()
        await publish(open(), entries)
        const loaded = (await open().load(1)).entries
        // As text, where minus zero is zero.
        expect(loaded.map(entryLine).sort()).toEqual(entries.map(entryLine).sort())
      }),
      { numRuns: 50 },
    )
  })

  it('holds nothing of the content in clear, nor a digest that a guess could be tested with', async () => {
    const unsealed = await published(snapshotStore({ group: 'open', resources: storage, instance: storage }).instance, [
      keyring,
    ])
    const manifest = await published(open(), [keyring])
    expect(manifest.parts[0]?.key).toMatch(/\.sealed$/)
    expect(manifest.parts[0]?.plain.digest).toMatch(/^hmac-sha256:/)
    const stored = await Promise.all(
      (await keysIn(storage, 'groups/default/')).map(async (name) => (await storage.get(name))?.bytes ?? []),
    )
    const text = stored.map((bytes) => Buffer.from(bytes).toString('latin1')).join('\n')
    expect(text).not.toContain('a-secret')
    for (const { plain } of unsealed.parts) expect(text).not.toContain(plain.digest.slice('sha256:'.length))
  })

  it('seals the instance domain unless it is told otherwise', async () => {
    const store = snapshotStore({ group: 'default', resources: storage, instance: storage, sealing: { keys: [key] } })
    expect((await published(store.resources, [route(1)])).sealing).toBeUndefined()
    expect((await published(store.instance, [keyring])).sealing?.keyId).toBe(key.keyId)
    const both = snapshotStore({
      group: 'both',
      resources: storage,
      instance: storage,
      sealing: { keys: [key], domains: ['resources', 'instance'] },
    })
    expect((await published(both.resources, [route(1)])).sealing?.keyId).toBe(key.keyId)
  })

  it('cannot be loaded without the key, and says so', async () => {
    await published(open(), [keyring])
    expect(await codeOf(open([]).load(1))).toBe('missing-key')
    expect(await codeOf(open([otherKey]).load(1))).toBe('missing-key')
    const [verdict] = await collect(open([]).verify())
    expect(verdict?.problems.map(({ code }) => code)).toEqual(['missing-key'])
    expect(await codeOf(open([otherKey, key]).load(1))).toBeUndefined()
  })

  it('takes over unchanged parts, and says "unchanged" of equal content', async () => {
    const first = await published(open(), routes(900), 1)
    expect(await publish(open(), routes(900), 2)).toMatchObject({ status: 'unchanged' })
    const second = await publish(open(), [...routes(900), route('new')], 3)
    expect(second).toMatchObject({ status: 'published', uploadedParts: 1, reusedParts: first.parts.length - 1 })
    expect((await open().load(2)).entries).toHaveLength(901)
  })

  it('changes the data key with the sealing key, and opens both', async () => {
    const first = await published(open(), [keyring], 1)
    const second = await published(open([otherKey, key]), [keyring], 2)
    expect(second.sealing?.keyId).toBe(otherKey.keyId)
    expect(second.parts[0]?.plain.digest).not.toBe(first.parts[0]?.plain.digest)
    for (const sequence of [1, 2]) expect((await open([otherKey, key]).load(sequence)).entries).toEqual([keyring])
    expect(await codeOf(open([otherKey]).load(1))).toBe('missing-key')
  })

  it('has equal content with whatever key it was sealed, as far as that can be opened', async () => {
    await published(open(), [keyring])
    const matches = async (keys: readonly SealingKey[]): Promise<boolean> =>
      (await open(keys).begin()).matches([keyring])
    expect(await matches([otherKey, key])).toBe(true)
    expect(await matches([otherKey])).toBe(false)
    const modified = new Map([['keyring/1', 1]])
    const watched = recordingStorage(storage)
    storage = watched
    const publication = await open([otherKey, key]).begin()
    watched.forget()
    // Nothing differs, so nothing is read.
    expect(await publication.contradictions([keyring], modified)).toEqual([])
    expect(watched.calls).toEqual([])
    expect((await publication.publish(draft([keyring]))).status).toBe('published')
  })

  it('does not wait for a key that never answers once it is told to stop', async () => {
    await published(open(), [keyring])
    const silent = { ...key, unwrap: async () => new Promise<never>(() => {}) }
    for (const work of [
      async (signal: AbortSignal) => open([silent]).begin({ signal }),
      async (signal: AbortSignal) => open([silent]).load(1, { signal }),
    ]) {
      const stop = new AbortController()
      const waiting = work(stop.signal)
      setTimeout(() => stop.abort(new Error('stopped')), 10)
      await expect(waiting).rejects.toThrow('stopped')
    }
  })

  it('can be begun on an open store, and be opened again', async () => {
    const plain = (): DomainStore =>
      snapshotStore({ group: 'default', resources: storage, instance: storage, sealing: { keys: [key], domains: [] } })
        .instance
    await published(plain(), [keyring], 1)
    expect((await published(open(), [keyring], 2)).parts[0]?.key).toMatch(/\.sealed$/)
    expect((await published(plain(), [keyring], 3)).parts[0]?.key).toMatch(/\.zst$/)
    const loaded = await Promise.all([1, 2, 3].map(async (sequence) => open().load(sequence)))
    expect(loaded.map(({ entries }) => entries)).toEqual([[keyring], [keyring], [keyring]])
  })

  it('says so when a key was lost from the settings, and the next snapshot is protected less', async () => {
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) }
    const pair = generateSigningKey()
    const store = (protection: Pick<SnapshotStoreOptions, 'signer' | 'sealing'>): DomainStore =>
      snapshotStore({ group: 'default', resources: storage, instance: storage, logger, ...protection }).instance
    const both = { signer: ed25519Signer(pair.privateKey), sealing: { keys: [key] } }
    await published(store(both), [keyring], 1)
    await published(store(both), [keyring, route('b')], 2)
    expect(warnings).toEqual([])
    await published(store({}), [keyring], 3)
    expect(warnings).toEqual([expect.stringContaining('is in clear'), expect.stringContaining('was signed')])
    await published(store({}), [keyring, route('b')], 4)
    expect(warnings).toHaveLength(2)
  })

  it('refuses a part that was moved to another name', async () => {
    const { parts } = await published(open(), [keyring], 1)
    await published(open(), [keyring, { ...keyring, id: '2' }], 2)
    const manifest = (await open().manifest(2)).manifest
    const [old, [current]] = [parts, manifest.parts]
    const [from] = old
    if (from === undefined || current === undefined) throw new Error('There are no parts')
    await storage.put(layout.part(current), (await storage.get(layout.part(from)))?.bytes ?? new Uint8Array())
    // Even a manifest that vouches for the bytes does not make them open under this name.
    const vouched = { ...manifest, parts: [{ ...current, stored: from.stored, plain: from.plain, count: 1 }] }
    expect(await codeOf(open().load(2))).toBe('damaged')
    expect(await codeOf(open().load(vouched))).toBe('damaged')
  })

  it('asks the key once for all parts, and again after it has failed', async () => {
    let calls = 0
    let isDown = true
    const slow: SealingKey = {
      ...key,
      unwrap: async (wrapped) => {
        calls += 1
        if (isDown) throw new Error('the key service is away')
        return key.unwrap(wrapped)
      },
    }
    await published(open(), routes(900))
    const store = open([slow])
    await expect(store.load(1)).rejects.toThrow('the key service is away')
    isDown = false
    calls = 0
    await store.load(1)
    await store.load(1)
    expect(calls).toBe(1)
  })

  it('goes on with a new data key when the base cannot be opened any more', async () => {
    await published(open(), [keyring], 1)
    const another = localSealingKey(generateSealingSecret())
    const amnesiac: SealingKey = { ...key, unwrap: async (wrapped) => another.unwrap(wrapped) }
    const result = await publish(open([amnesiac]), [keyring], 2)
    expect(result).toMatchObject({ status: 'published', reusedParts: 0 })
  })
})

describe('a local sealing key', () => {
  it('takes 32 bytes or their base64 text, and nothing else', () => {
    const bytes = Buffer.alloc(32, 7)
    const { keyId } = localSealingKey(bytes)
    expect(keyId).toMatch(/^local:[0-9a-f]{32}$/)
    expect(localSealingKey(` ${bytes.toString('base64')}\n`).keyId).toBe(keyId)
    expect(localSealingKey(bytes.toString('base64url')).keyId).toBe(keyId)
    for (const secret of ['', 'hunter2', `!${bytes.toString('base64')}`, Buffer.alloc(31), Buffer.alloc(33)]) {
      expect(() => localSealingKey(secret)).toThrow(new TypeError('A sealing secret is 32 bytes, or their base64 text'))
    }
  })

  it('unwraps what it has wrapped, and notices every flipped bit', async () => {
    const dataKey = Buffer.alloc(32, 1)
    const wrapped = Buffer.from(await key.wrap(dataKey))
    expect(Buffer.from(await key.unwrap(wrapped))).toEqual(dataKey)
    for (let index = 0; index < wrapped.length; index += 1) {
      const damaged = Buffer.from(wrapped)
      damaged[index] = (damaged[index] ?? 0) ^ 1
      expect(await codeOf(key.unwrap(damaged))).toBe('damaged')
    }
    expect(await codeOf(key.unwrap(new Uint8Array()))).toBe('damaged')
    expect(await codeOf(otherKey.unwrap(wrapped))).toBe('damaged')
  })
})
