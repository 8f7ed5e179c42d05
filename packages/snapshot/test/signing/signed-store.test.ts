import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Domain } from '../../src/entries/entry.ts'
import { decodeCheckedJson, encodeCheckedJson } from '../../src/format/checked-json.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import { encodeSignedJson } from '../../src/signing/signed-json.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, keysIn, publish, published, route } from '../publish.ts'

const exporters = generateSigningKey()
const operators = generateSigningKey()
const strangers = generateSigningKey()
const trustedKeys = [ed25519TrustedKey(exporters.publicKey), ed25519TrustedKey(operators.publicKey)]
const exporter = ed25519Signer(exporters.privateKey)
const layout = layoutOf('default', 'resources')
let storage: StorageAdapter
let clock: ReturnType<typeof manualClock>

function open(options: Partial<SnapshotStoreOptions> = {}, domain: Domain = 'resources'): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock, ...options })[domain]
}

const writer = (signer: Signer | undefined = exporter): DomainStore => open({ signer })
const reader = (): DomainStore => open({ trustedKeys })

async function copy(from: string, to: string): Promise<void> {
  const object = await storage.get(from)
  if (object === undefined) throw new Error(`There is no ${from}`)
  await storage.put(to, object.bytes)
}

async function codeOf(sequence: number, store = reader()): Promise<string | undefined> {
  return store.load(sequence).then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
}

beforeEach(() => {
  storage = memoryStorage()
  clock = manualClock()
})

describe('a reader with trusted keys', () => {
  it('takes what the exporter or the operator has signed', async () => {
    await published(writer(), [route(1)], 1)
    await published(writer(ed25519Signer(operators.privateKey)), [route(2)], 2)
    expect((await reader().load(1)).entries).toEqual([route(1)])
    expect((await reader().load(2)).entries).toEqual([route(2)])
    expect((await reader().latest())?.manifest.signatures?.[0]?.keyId).toBe(operators.keyId)
  })

  it('refuses what is not signed, or by nobody that it knows', async () => {
    await published(open(), [route(1)], 1)
    await published(open({ signer: ed25519Signer(strangers.privateKey) }), [route(2)], 2)
    expect(await codeOf(1)).toBe('unsigned')
    expect(await codeOf(2)).toBe('untrusted-key')
    expect(await reader().latest()).toBeUndefined()
    // Without trusted keys everybody is believed.
    expect(await codeOf(2, open())).toBeUndefined()
  })

  it('refuses content that was changed under a signature, whoever computed the checksum again', async () => {
    await published(writer(), [route(1)], 1)
    const { bytes } = (await storage.get(layout.manifest(1))) ?? { bytes: new Uint8Array() }
    const { value } = decodeCheckedJson(bytes)
    await storage.put(layout.manifest(1), encodeCheckedJson({ ...value, position: { epoch: 9, revision: 9 } }))
    expect(await codeOf(1, open())).toBeUndefined()
    expect(await codeOf(1)).toBe('bad-signature')
  })

  it('is not fooled by a signature that was taken from another snapshot, or claims another key', async () => {
    await published(writer(), [route(1)], 1)
    await published(writer(), [route(2)], 2)
    const [first, second] = await Promise.all([1, 2].map(async (sequence) => valueOf(sequence)))
    await storage.put(layout.manifest(2), encodeCheckedJson({ ...second, signatures: first?.['signatures'] }))
    expect(await codeOf(2)).toBe('bad-signature')
    await storage.put(
      layout.manifest(2),
      encodeCheckedJson({ ...second, signatures: [{ keyId: exporters.keyId, signature: 'AAAA' }, null, 7] }),
    )
    expect(await codeOf(2, open())).toBe('damaged')
    expect(await codeOf(2)).toBe('bad-signature')
  })

  it('needs one good signature among several, so keys can be changed one after the other', async () => {
    await published(writer(), [route(1)], 1)
    const value = await valueOf(1)
    const [good] = Array.isArray(value?.['signatures']) ? value['signatures'] : []
    const other = { keyId: strangers.keyId, signature: 'AAAA' }
    await storage.put(layout.manifest(1), encodeCheckedJson({ ...value, signatures: [other, good] }))
    expect(await codeOf(1)).toBeUndefined()
  })

  it('refuses a snapshot that was copied to another number, group, or domain', async () => {
    await published(writer(), [route(1)], 1)
    await copy(layout.manifest(1), layout.manifest(7))
    await copy(layout.manifest(1), layoutOf('other', 'resources').manifest(1))
    await copy(layout.manifest(1), layoutOf('default', 'instance').manifest(1))
    expect(await codeOf(7)).toBe('replayed')
    expect(await codeOf(1, open({ trustedKeys, group: 'other' }))).toBe('wrong-group')
    expect(await codeOf(1, open({ trustedKeys }, 'instance'))).toBe('wrong-domain')
    // And goes on with the newest that is right.
    expect((await reader().latest())?.manifest.sequence).toBe(1)
  })

  it('passes over a head that is not signed, was made for another place, or is signed as something else', async () => {
    await published(writer(), [route(1)], 1)
    clock.advance(60_000)
    await publish(writer(), [route(1)], 1)
    const matchedAt = clock.now()
    expect((await reader().latest())?.matchedAt).toBe(matchedAt)

    const { value } = decodeCheckedJson((await storage.get(layout.head))?.bytes ?? new Uint8Array())
    const { signatures: _, ...unsigned } = value
    await storage.put(layout.head, encodeCheckedJson({ ...unsigned, held: 'by a stranger' }))
    expect(await reader().latest()).toMatchObject({ manifest: { sequence: 1 } })
    expect((await reader().latest())?.held).toBeUndefined()
    expect((await open().latest())?.held).toBe('by a stranger')

    await storage.put(layout.head, encodeCheckedJson({ ...value, group: 'other' }))
    expect((await open().latest())?.matchedAt).toBeUndefined()
    await copy(layout.manifest(1), layout.head)
    expect((await reader().latest())?.manifest.sequence).toBe(1)
  })
})

describe('a publisher with trusted keys', () => {
  const trusting = (): DomainStore => open({ signer: exporter, trustedKeys })

  it('supersedes what a stranger has put on top, and takes over nothing of it', async () => {
    const honest = await published(trusting(), [route(1)], 1)
    const forged = await published(open(), [route(666)], 2)
    expect(forged.sequence).toBe(2)
    const next = await published(trusting(), [route(1), route(2)], 3)
    expect(next).toMatchObject({ sequence: 3, position: { revision: 3 } })
    expect(next.previous).toBe((await reader().manifest(1)).digest)
    expect(honest.sequence).toBe(1)
    expect((await collect(reader().history())).map(({ sequence }) => sequence)).toEqual([3, 1])
  })

  it('writes nothing that it would not believe itself: unsigned, or signed with another key than the signer says', async () => {
    await published(trusting(), [route(1)], 1)
    const before = await keysIn(storage, layout.manifests)
    const head = await storage.get(layout.head)
    const unsigned = open({ trustedKeys })
    await expect(unsigned.begin()).rejects.toMatchObject({ code: 'unsigned' })
    await expect(unsigned.heartbeat({ held: 'reason' })).rejects.toMatchObject({ code: 'unsigned' })
    const mistaken = open({ signer: { ...ed25519Signer(strangers.privateKey), keyId: exporters.keyId }, trustedKeys })
    await expect(publish(mistaken, [route(2)], 2)).rejects.toMatchObject({ code: 'bad-signature' })
    expect(await keysIn(storage, layout.manifests)).toEqual(before)
    expect(await storage.get(layout.head)).toEqual(head)
  })

  it('does not wait for a signer that never answers once it is told to stop', async () => {
    const stop = new AbortController()
    const silent = {
      keyId: exporters.keyId,
      sign: async () => {
        stop.abort(new Error('stopped'))
        return new Promise<never>(() => {})
      },
    }
    const publication = await open({ signer: silent }).begin()
    await expect(publication.publish(draft([route(1)]), { signal: stop.signal })).rejects.toThrow('stopped')
  })

  it('is not stopped by a stranger who claims that a newer version publishes here', async () => {
    const { signatures: _, ...manifest } = await published(trusting(), [route(1)], 1)
    await storage.put(layout.manifest(9), encodeCheckedJson({ ...manifest, sequence: 9, leastReader: 99 }))
    expect(await published(trusting(), [route(2)], 2)).toMatchObject({ sequence: 10 })
  })

  it('is not led past a newer version by what a stranger has put on top of it', async () => {
    const first = await published(trusting(), [route(1)], 1)
    const newer = { ...first, sequence: 2, leastReader: 2 }
    const bytes = await encodeSignedJson(newer, 'outlast-manifest-1', { signer: exporter, name: 'It' })
    await storage.put(layout.manifest(2), bytes)
    await storage.put(layout.manifest(3), Buffer.from('junk'))
    await expect(trusting().begin()).rejects.toMatchObject({ code: 'unsupported-version' })
  })

  it('is told at once when nobody would read what it signs', () => {
    expect(() => open({ signer: ed25519Signer(strangers.privateKey), trustedKeys })).toThrow(TypeError)
  })

  it('signs every snapshot once more when its key changes, and the old ones stay readable', async () => {
    await published(trusting(), [route(1)], 1)
    const next = generateSigningKey()
    const both = [...trustedKeys, ed25519TrustedKey(next.publicKey)]
    const rotated = open({ signer: ed25519Signer(next.privateKey), trustedKeys: both })
    expect(await published(rotated, [route(2)], 2)).toMatchObject({ sequence: 2, signatures: [{ keyId: next.keyId }] })
    expect(await codeOf(1, open({ trustedKeys: both }))).toBeUndefined()
    expect(await codeOf(2)).toBe('untrusted-key')
  })
})

async function valueOf(sequence: number) {
  const object = await storage.get(layout.manifest(sequence))
  return object && decodeCheckedJson(object.bytes).value
}
