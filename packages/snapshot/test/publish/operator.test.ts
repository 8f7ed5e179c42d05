import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { comparePositions } from '../../src/format/position.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { draft, publish, published, route } from '../publish.ts'

const by = { actor: 'ada', reason: 'INC-7: the new routes answer 502' }
let clock: ReturnType<typeof manualClock>
let storage: StorageAdapter

function open(options: Partial<SnapshotStoreOptions> = {}): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock, ...options }).resources
}

beforeEach(async () => {
  clock = manualClock()
  storage = memoryStorage()
  await published(open(), [route(1)], 1, { needs: { instance: { epoch: 1, revision: 1 } } })
  await published(open(), [route(1), route(2)], 2, { needs: { instance: { epoch: 1, revision: 2 } } })
})

describe('a rollback', () => {
  it('publishes the old content as the newest, at a higher position, with who and why', async () => {
    const result = await open().operator.rollback(1, by)
    const now = new Date(clock.now()).toISOString()
    const base = (await open().manifest(2)).digest
    expect(result).toMatchObject({
      status: 'published',
      manifest: {
        sequence: 3,
        position: { epoch: Math.floor(clock.now() / 1000), revision: 2 },
        previous: base,
        needs: { instance: { epoch: 1, revision: 1 } },
        hold: { action: 'rollback', ...by, at: now },
        approvals: [{ action: 'rollback', ...by, at: now, base }],
      },
    })
    expect((await open().load(3)).entries).toEqual([route(1)])
  })

  it('keeps publishers from undoing it, until it is resumed', async () => {
    await open().operator.rollback(1, by)
    const held = { status: 'refused', reason: 'held' }
    const epoch = Math.floor(clock.now() / 1000)
    expect(await publish(open(), [route(1), route(2)], 3, { position: { epoch, revision: 3 } })).toEqual(held)
    expect((await open().latest())?.manifest.sequence).toBe(3)

    const resumed = await open().operator.resume({ actor: 'bob', reason: 'mended' })
    expect(resumed).toMatchObject({
      status: 'published',
      uploadedParts: 0,
      manifest: { sequence: 4, approvals: [{ action: 'resume', actor: 'bob' }] },
    })
    expect('manifest' in resumed && resumed.manifest.hold).toBeUndefined()
    const next = await published(open(), [route(1), route(2)], 3, { position: { epoch: epoch + 1, revision: 3 } })
    expect(next.sequence).toBe(5)
    expect(next.approvals).toBeUndefined()
  })

  it('stands at one position whether held or resumed, and below whatever follows', async () => {
    const rolledBack = await open().operator.rollback(1, by)
    const resumed = await open().operator.resume(by)
    if (!('manifest' in rolledBack) || !('manifest' in resumed)) throw new Error('Nothing was published')
    expect(resumed.manifest.position).toEqual(rolledBack.manifest.position)
    expect(comparePositions(rolledBack.manifest.position, { epoch: 1, revision: 2 })).toBeGreaterThan(0)
  })

  it('is not said to have been equal to its source', async () => {
    await open().operator.rollback(1, by)
    clock.advance(5000)
    await open().heartbeat({ held: 'ada holds it' })
    const latest = await open().latest()
    expect(latest).toMatchObject({ checkedAt: clock.now(), held: 'ada holds it' })
    expect(latest?.matchedAt).toBeUndefined()
  })

  it('can follow another one', async () => {
    await open().operator.rollback(1, by)
    clock.advance(60_000)
    const again = await open().operator.rollback(2, by)
    expect(again).toMatchObject({ status: 'published', manifest: { sequence: 4, hold: { action: 'rollback' } } })
    expect((await open().load(4)).entries).toHaveLength(2)
  })

  it('begins again when a publisher is quicker', async () => {
    let isQuicker = true
    const racing: StorageAdapter = {
      ...storage,
      put: async (key, bytes, options) => {
        if (isQuicker && key.includes('/manifests/')) {
          isQuicker = false
          await published(open(), [route(3)], 3)
        }
        return storage.put(key, bytes, options)
      },
    }
    const result = await open({ resources: racing }).operator.rollback(1, by)
    expect(result).toMatchObject({ status: 'published', manifest: { sequence: 4, position: { revision: 3 } } })
    expect((await open().load(4)).entries).toEqual([route(1)])
  })

  it('to a snapshot that is not there, or cannot be read, changes nothing', async () => {
    await expect(open().operator.rollback(9, by)).rejects.toMatchObject({ code: 'not-found' })
    expect((await open().latest())?.manifest.sequence).toBe(2)
  })

  it('is believed when the operator’s own key is trusted, though the exporter’s has died with it', async () => {
    const [exporters, operators] = [generateSigningKey(), generateSigningKey()]
    storage = memoryStorage()
    const trustedKeys = [exporters, operators].map(({ publicKey }) => ed25519TrustedKey(publicKey))
    const exporter = (): DomainStore => open({ signer: ed25519Signer(exporters.privateKey), trustedKeys })
    await published(exporter(), [route(1)], 1)
    await published(exporter(), [route(2)], 2)
    await open({ signer: ed25519Signer(operators.privateKey), trustedKeys }).operator.rollback(1, by)
    expect((await open({ trustedKeys }).latest())?.manifest).toMatchObject({ sequence: 3, hold: by })
    expect(await publish(exporter(), [route(2)], 3, { position: { epoch: 9e9, revision: 3 } })).toMatchObject({
      reason: 'held',
    })
  })
})

describe('a change by hand', () => {
  it('publishes what comes from no source, and holds', async () => {
    const result = await open().operator.publish([route('emergency')], by)
    expect(result).toMatchObject({
      status: 'published',
      manifest: {
        sequence: 3,
        hold: { action: 'publish' },
        needs: { instance: { epoch: 1, revision: 2 } },
        source: { identity: expect.stringMatching(/^operator:/) },
      },
    })
    expect((await open().load(3)).entries).toEqual([route('emergency')])
  })

  it('needs a snapshot to stand on', async () => {
    storage = memoryStorage()
    await expect(open().operator.publish([route(1)], by)).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('resume', () => {
  it('changes nothing when nothing is held', async () => {
    expect(await open().operator.resume(by)).toMatchObject({ status: 'unchanged', manifest: { sequence: 2 } })
  })

  it('records a decision even when the content is what a publisher would write', async () => {
    await open().operator.publish([route(1), route(2)], by)
    await open().operator.resume(by)
    const publication = await open().begin()
    const epoch = (publication.base?.position.epoch ?? 0) + 1
    const result = await publication.publish(draft([route(1), route(2)], 2, { position: { epoch, revision: 2 } }))
    expect(result).toMatchObject({ status: 'published', manifest: { sequence: 5, source: { identity: 'test' } } })
  })
})
