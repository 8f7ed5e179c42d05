import { memoryStorage, type StorageAdapter } from '@outlast/storage'
import type { Fault, FaultyCall } from '@outlast/storage-testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { ed25519Signer, ed25519TrustedKey, generateSigningKey } from '../../src/signing/ed25519.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import type { Replicator } from '../../src/replication/replicator.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { keysIn, onlyNewest, publish, published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
const hourMs = 3_600_000
let clock: ReturnType<typeof manualClock>
let primary: RecordingStorage
let replica: RecordingStorage
let store: DomainStore

function open(storage: StorageAdapter): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
}

/** Another process: it knows nothing but the two stores. */
function newReplicator(): Replicator {
  return open(primary).replicator(replica)
}

function manifestKey(sequence: number): string {
  return `${prefix}manifests/${String(sequence).padStart(12, '0')}.json`
}

async function publishMany(from: number, to: number): Promise<void> {
  for (let revision = from; revision <= to; revision += 1) {
    await published(store, [...routes(1000), route('changing', `/${revision}`)], revision)
    clock.advance(2000)
  }
}

async function contentsOf(storage: StorageAdapter, ...without: string[]): Promise<Map<string, string>> {
  const contents = new Map<string, string>()
  for (const key of await keysIn(storage)) {
    if (key.endsWith('probe.json') || without.includes(key)) continue
    contents.set(key, Buffer.from((await storage.get(key))?.bytes ?? []).toString('base64'))
  }
  return contents
}

async function expectVerbatim(): Promise<void> {
  expect(await contentsOf(replica)).toEqual(await contentsOf(primary))
}

/** What a reader that begins now finds in the replica: a whole snapshot, or none. */
async function readReplica(): Promise<number> {
  const reader = open(replica)
  const latest = await reader.latest()
  for await (const manifest of reader.history()) {
    const { entries } = await reader.load(manifest)
    expect(entries).toContainEqual(route('changing', `/${manifest.position.revision}`))
    expect(entries).toHaveLength(1001)
  }
  return latest?.manifest.sequence ?? 0
}

async function flipByte(storage: StorageAdapter, key: string): Promise<void> {
  const bytes = Buffer.from((await storage.get(key))?.bytes ?? [])
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
  await storage.put(key, bytes)
}

beforeEach(() => {
  clock = manualClock()
  primary = recordingStorage(memoryStorage({ name: 'primary' }))
  replica = recordingStorage(memoryStorage({ name: 'replica' }))
  store = open(primary)
})

describe('a replica', () => {
  it('is the same to the last byte, so whoever reads it finds what the primary has', async () => {
    await publishMany(1, 3)
    const report = await newReplicator().run()
    expect(report).toMatchObject({
      status: 'current',
      newest: { sequence: 3, position: { epoch: 1, revision: 3 } },
      copied: { snapshots: 3, parts: 6 },
      lag: { snapshots: 0 },
      problems: [],
    })
    await expectVerbatim()
    const sizes = [...(await contentsOf(primary, `${prefix}head.json`)).values()]
    expect(report.copied.bytes).toBe(sizes.reduce((sum, text) => sum + Buffer.from(text, 'base64').byteLength, 0))
    expect((await open(replica).latest())?.matchedRevision).toBe(3)
    expect(await readReplica()).toBe(3)
  })

  it('gets what the newest snapshot names first, each manifest after its parts, and the head last', async () => {
    await publishMany(1, 3)
    await newReplicator().run()
    const written = replica.keysOf('put').filter((key) => !key.endsWith('probe.json'))
    expect(written.filter((key) => !key.includes('/parts/'))).toEqual([
      manifestKey(3),
      manifestKey(2),
      manifestKey(1),
      `${prefix}head.json`,
    ])
    for (const sequence of [1, 2, 3]) {
      const { parts } = (await open(primary).manifest(sequence)).manifest
      const last = Math.max(...parts.map(({ key }) => written.indexOf(`${prefix}${key}`)))
      expect(written.indexOf(manifestKey(sequence))).toBeGreaterThan(last)
    }
  })

  it('costs what has changed', async () => {
    await publishMany(1, 3)
    const running = newReplicator()
    await running.run()
    for (const [replicator, revision] of [
      [running, 4],
      [newReplicator(), 5],
    ] as const) {
      await publishMany(revision, revision)
      primary.forget()
      expect((await replicator.run()).copied).toMatchObject({ snapshots: 1, parts: 1 })
      expect(primary.keysOf('get').filter((key) => key.includes('/parts/'))).toHaveLength(1)
    }
    await expectVerbatim()
  })

  it('costs two looks at each store when nothing is new, and a write when the heartbeat has moved', async () => {
    await publishMany(1, 3)
    const running = newReplicator()
    await running.run()
    for (const beats of [false, true]) {
      if (beats) await store.heartbeat({ matchedRevision: 3 })
      primary.forget()
      replica.forget()
      expect(await running.run()).toMatchObject({ status: 'current', copied: { snapshots: 0, parts: 0, bytes: 0 } })
      expect(primary.calls.map(({ operation }) => operation).toSorted()).toEqual(['get', 'list'])
      expect(replica.calls.map(({ operation }) => operation).toSorted()).toEqual(
        beats ? ['get', 'list', 'put'] : ['get', 'list'],
      )
      await expectVerbatim()
    }
  })

  it('may be pruned: what it has given up does not come back', async () => {
    await publishMany(1, 5)
    const running = newReplicator()
    await running.run()
    clock.advance(2 * hourMs)
    await open(replica).prune({ retention: onlyNewest(1) })
    for (const replicator of [running, newReplicator()]) {
      expect(await replicator.run()).toMatchObject({ status: 'current', copied: { snapshots: 0 } })
    }
    await publishMany(6, 6)
    expect(await newReplicator().run()).toMatchObject({ status: 'current', copied: { snapshots: 1, parts: 1 } })
    expect(await open(replica).sequences()).toEqual([6, 5])
    expect(await readReplica()).toBe(6)
  })

  it('follows a primary that was pruned', async () => {
    await publishMany(1, 2)
    const running = newReplicator()
    await running.run()
    await publishMany(3, 6)
    clock.advance(2 * hourMs)
    await store.prune({ retention: onlyNewest(2) })
    expect(await running.run()).toMatchObject({ status: 'current', copied: { snapshots: 2 } })
    expect(await open(replica).sequences()).toEqual([6, 5, 2, 1])
    expect(await readReplica()).toBe(6)
  })

  it('is filled again after it was emptied, also when its head was forgotten there', async () => {
    await publishMany(1, 3)
    const running = newReplicator()
    for (const spared of [undefined, `${prefix}head.json`]) {
      await running.run()
      for (const key of await keysIn(replica)) if (key !== spared) await replica.delete(key)
      expect(await running.run()).toMatchObject({ status: 'current', copied: { snapshots: 3 } })
      await expectVerbatim()
    }
  })

  it('is refused where the store ignores create-only writes', async () => {
    await publishMany(1, 1)
    const careless: StorageAdapter = { ...replica, put: async (key, bytes) => replica.put(key, bytes) }
    await expect(store.replicator(careless).run()).rejects.toMatchObject({ code: 'create-only-not-enforced' })
    expect(() => store.replicator(primary)).toThrow(TypeError)
  })

  it('of nothing is nothing', async () => {
    expect(await newReplicator().run()).toMatchObject({ status: 'current', newest: undefined, lag: { snapshots: 0 } })
    expect(await keysIn(replica)).toEqual([])
  })
})

describe('a replica that holds something else', () => {
  it('is diverged when the primary was wiped, and is left as it is', async () => {
    await publishMany(1, 3)
    const running = newReplicator()
    await running.run()
    const before = await contentsOf(replica)
    for (const key of await keysIn(primary)) await primary.delete(key)
    store = open(primary)
    // Fewer numbers, as many, and more.
    for (const revision of [1, 2, 3, 4]) {
      await published(store, [route('other', `/${revision}`)], revision, { position: { epoch: 2, revision } })
      clock.advance(2000)
      if (revision === 2) continue
      for (const replicator of [running, newReplicator()]) {
        expect(await replicator.run()).toMatchObject({
          status: 'diverged',
          divergedAt: 3,
          newest: { sequence: 3, position: { epoch: 1 } },
          copied: { snapshots: 0, parts: 0 },
        })
      }
    }
    expect(await contentsOf(replica)).toEqual(before)
  })

  it('is diverged when somebody else has published there', async () => {
    await publishMany(1, 2)
    const running = newReplicator()
    await running.run()
    await published(open(replica), [route('promoted')], 3)
    expect(await running.run()).toMatchObject({ status: 'diverged', divergedAt: 3 })
    await publishMany(3, 3)
    expect(await running.run()).toMatchObject({ status: 'diverged', divergedAt: 3 })
    expect((await open(replica).load(3)).entries).toEqual([route('promoted')])
  })

  it('is diverged when somebody publishes there while it is copied', async () => {
    await publishMany(1, 1)
    replica.fault = ({ operation, key }): Fault | undefined => {
      if (operation !== 'put' || !key.includes('/parts/')) return undefined
      replica.fault = () => undefined
      void publish(open(replica), [route('promoted')])
      return { delayMs: 100 }
    }
    expect(await newReplicator().run()).toMatchObject({ status: 'diverged', divergedAt: 1 })
    expect((await open(replica).load(1)).entries).toEqual([route('promoted')])
  })
})

describe('what is damaged', () => {
  it.each([
    ['a part is other bytes', 'damaged', async (key: string) => flipByte(primary, key)],
    ['a part is gone', 'not-yet', async (key: string) => primary.delete(key)],
  ])('is not spread: %s', async (_name, code, harm) => {
    await publishMany(1, 3)
    const second = (await store.manifest(2)).manifest
    const first = (await store.manifest(1)).manifest
    const changed = second.parts.find((part) => !first.parts.some(({ key }) => key === part.key))
    await harm(`${prefix}${changed?.key}`)
    const report = await newReplicator().run()
    expect(report).toMatchObject({ status: 'current', copied: { snapshots: 2 }, problems: [{ sequence: 2, code }] })
    expect(await open(replica).sequences()).toEqual([3, 1])
    expect(await readReplica()).toBe(3)
  })

  it('leaves the replica behind when it is the newest, until the primary has been repaired', async () => {
    await publishMany(1, 2)
    const running = newReplicator()
    await running.run()
    const since = clock.now()
    await publishMany(3, 3)
    const newest = (await store.manifest(3)).manifest
    const older = (await store.manifest(2)).manifest
    const changed = newest.parts.find((part) => !older.parts.some(({ key }) => key === part.key))
    await flipByte(primary, `${prefix}${changed?.key}`)
    for (const replicator of [running, newReplicator()]) {
      expect(await replicator.run()).toMatchObject({
        status: 'behind',
        newest: { sequence: 2 },
        lag: { snapshots: 1, since },
        problems: [{ sequence: 3, code: 'damaged' }],
      })
    }
    // The head would point at what is not there.
    expect((await open(replica).latest())?.manifest.sequence).toBe(2)
    clock.advance(hourMs)
    await published(store, [...routes(1000), route('changing', '/3')], 3)
    expect(await running.run()).toMatchObject({ status: 'current', newest: { sequence: 4 } })
    expect(await readReplica()).toBe(4)
  })

  it('is not spread when it is a manifest', async () => {
    await publishMany(1, 3)
    await flipByte(primary, manifestKey(3))
    expect(await newReplicator().run()).toMatchObject({
      status: 'behind',
      newest: { sequence: 2 },
      lag: { snapshots: 1 },
      problems: [{ sequence: 3, code: 'damaged' }],
    })
    expect(await readReplica()).toBe(2)
  })

  it('in the replica is left as it is and told, until a newer snapshot is there', async () => {
    await publishMany(1, 2)
    const running = newReplicator()
    await running.run()
    await flipByte(replica, manifestKey(2))
    const damaged = await replica.get(manifestKey(2))
    for (const replicator of [newReplicator(), newReplicator()]) {
      expect(await replicator.run()).toMatchObject({
        status: 'behind',
        newest: { sequence: 1 },
        lag: { snapshots: 1 },
        problems: [{ sequence: 2, code: 'damaged' }],
      })
    }
    await publishMany(3, 3)
    expect(await newReplicator().run()).toMatchObject({ status: 'current', newest: { sequence: 3 } })
    expect(await replica.get(manifestKey(2))).toEqual(damaged)
    expect(await newReplicator().run()).toMatchObject({ status: 'current', problems: [] })
    expect(await readReplica()).toBe(3)
  })

  it('in the place of a part stops the snapshots that name it', async () => {
    await publishMany(1, 1)
    const { parts } = (await store.manifest(1)).manifest
    const taken = `${prefix}${parts[0]?.key}`
    await replica.put(taken, Buffer.from('something else'))
    expect(await newReplicator().run()).toMatchObject({
      status: 'behind',
      newest: undefined,
      problems: [{ sequence: 1, code: 'damaged' }],
    })
    expect(Buffer.from((await replica.get(taken))?.bytes ?? []).toString()).toBe('something else')
    expect(await open(replica).latest()).toBeUndefined()
  })
})

describe('a replication that is interrupted', () => {
  it.each([
    ['fail-before', 20],
    ['fail-after', 15],
    // Bytes that are wrong without anybody saying so: that snapshot is told as damaged, and the others go on.
    ['truncate', 0],
  ] as const)(
    'anywhere (%s) leaves whole snapshots, and is completed by the next',
    async (fault, leastRejected) => {
      await publishMany(1, 2)
      await newReplicator().run()
      await publishMany(3, 5)
      const start = await contentsOf(replica)
      const end = await contentsOf(primary)
      let rejected = 0
      const struck = new Set<FaultyCall['operation']>()
      for (let step = 1; ; step += 1) {
        const target = await filled(start)
        let calls = 0
        let hit: FaultyCall | undefined
        const strike = (call: FaultyCall): Fault | undefined => {
          calls += 1
          if (calls !== step) return undefined
          hit = call
          return fault
        }
        replica = recordingStorage(target)
        primary.fault = strike
        replica.fault = strike
        const running = newReplicator()
        const report = await running.run().catch(() => undefined)
        primary.fault = () => undefined
        replica.fault = () => undefined
        if (hit === undefined) break
        struck.add(hit.operation)
        rejected += report === undefined ? 1 : 0
        expect(await readReplica()).toBeGreaterThanOrEqual(2)
        // By the same object or by another process.
        const next = step % 2 === 0 ? running : newReplicator()
        expect(await next.run()).toMatchObject({ status: 'current' })
        expect(await readReplica()).toBe(5)
        const result = await contentsOf(replica)
        expect([...result].filter(([key, bytes]) => end.get(key) !== bytes)).toEqual([])
        const isTold = report !== undefined && report.problems.length > 0
        expect([...end.keys()].filter((key) => !result.has(key) && !isTold)).toEqual([])
      }
      expect(struck).toEqual(new Set(['get', 'list', 'put']))
      expect(rejected).toBeGreaterThanOrEqual(leastRejected)
    },
    60_000,
  )

  it('never shows a reader beside it anything but whole snapshots', async () => {
    await publishMany(1, 4)
    const seen = new Set<number>()
    const watched: StorageAdapter = {
      ...replica,
      put: async (...call) => {
        const etag = await replica.put(...call)
        seen.add(await readReplica())
        return etag
      },
    }
    expect(await store.replicator(watched).run()).toMatchObject({ status: 'current' })
    // Nothing, and then the newest: older ones are only history.
    expect(seen).toEqual(new Set([0, 4]))
  })

  it('by its signal rejects with the reason', async () => {
    await publishMany(1, 2)
    const controller = new AbortController()
    replica.fault = ({ operation }) => {
      if (operation === 'put') controller.abort(new Error('enough'))
      return undefined
    }
    await expect(newReplicator().run({ signal: controller.signal })).rejects.toThrow('enough')
    replica.fault = () => undefined
    expect(await newReplicator().run()).toMatchObject({ status: 'current' })
    await expectVerbatim()
  })
})

describe('a replica of what is signed and sealed', () => {
  const key = generateSigningKey()
  const keys = {
    signer: ed25519Signer(key.privateKey),
    trustedKeys: [ed25519TrustedKey(key.publicKey)],
    sealing: { keys: [localSealingKey(generateSealingSecret())], domains: ['resources'] as const },
  }
  const openWith = (storage: StorageAdapter, options: Partial<SnapshotStoreOptions>): DomainStore =>
    snapshotStore({ group: 'default', resources: storage, instance: storage, clock, ...options }).resources

  it('is made without any key, and read with them', async () => {
    const publisher = openWith(primary, keys)
    for (const revision of [1, 2]) await published(publisher, [route('changing', `/${revision}`)], revision)
    expect(await newReplicator().run()).toMatchObject({ status: 'current', copied: { snapshots: 2 } })
    await expectVerbatim()
    const reader = openWith(replica, { trustedKeys: keys.trustedKeys, sealing: keys.sealing })
    const latest = await reader.latest()
    expect(latest).toMatchObject({ matchedRevision: 2, manifest: { sequence: 2 } })
    expect((await reader.load(2)).entries).toEqual([route('changing', '/2')])
  })

  it('does not get what nobody trusted has signed, where keys are trusted', async () => {
    const publisher = openWith(primary, keys)
    await published(publisher, [route(1)], 1)
    await published(store, [route('planted')], 2)
    const guarded = openWith(primary, { trustedKeys: keys.trustedKeys }).replicator(replica)
    expect(await guarded.run()).toMatchObject({
      status: 'behind',
      newest: { sequence: 1 },
      problems: [{ sequence: 2, code: 'unsigned' }],
    })
    expect(await open(replica).sequences()).toEqual([1])
  })
})

describe('the head of a replica', () => {
  it('never goes back', async () => {
    await publishMany(1, 2)
    const old = await primary.get(`${prefix}head.json`)
    await publishMany(3, 3)
    const running = newReplicator()
    await running.run()
    const before = await replica.get(`${prefix}head.json`)
    // A publisher that slept in its last write.
    await primary.put(`${prefix}head.json`, old?.bytes ?? new Uint8Array())
    for (const replicator of [running, newReplicator()])
      expect(await replicator.run()).toMatchObject({ status: 'current' })
    expect(await replica.get(`${prefix}head.json`)).toEqual(before)
  })

  it('is not needed: snapshots are copied although nobody has written one', async () => {
    await publishMany(1, 3)
    await primary.delete(`${prefix}head.json`)
    const running = newReplicator()
    expect(await running.run()).toMatchObject({ status: 'current', copied: { snapshots: 3 } })
    expect(await readReplica()).toBe(3)
    clock.advance(2 * hourMs)
    await open(replica).prune({ retention: onlyNewest(1) })
    expect(await running.run()).toMatchObject({ status: 'current', copied: { snapshots: 0 } })
  })

  it('may point at a snapshot that was pruned since, which does not come back', async () => {
    await publishMany(1, 1)
    const late = await primary.get(`${prefix}head.json`)
    await publishMany(2, 2)
    await primary.put(`${prefix}head.json`, late?.bytes ?? new Uint8Array())
    await newReplicator().run()
    clock.advance(2 * hourMs)
    await open(replica).prune({ retention: onlyNewest(1) })
    expect(await newReplicator().run()).toMatchObject({ status: 'current', copied: { snapshots: 0 } })
    expect(await open(replica).sequences()).toEqual([2])
  })
})

async function filled(contents: ReadonlyMap<string, string>): Promise<StorageAdapter> {
  const storage = memoryStorage({ name: 'replica' })
  for (const [key, text] of contents) await storage.put(key, Buffer.from(text, 'base64'))
  return storage
}

describe('pruning a replica', () => {
  it('thins it like a store, leaves the store as it is, and what is gone stays away', async () => {
    await publishMany(1, 6)
    const replicator = newReplicator()
    await replicator.run()
    clock.advance(2 * hourMs)
    expect(await replicator.prune({ retention: onlyNewest(2) })).toMatchObject({ manifests: 4 })
    expect(await open(replica).sequences()).toEqual([6, 5])
    expect(await store.sequences()).toHaveLength(6)
    for await (const { problems } of open(replica).verify()) expect(problems).toEqual([])
    expect(await replicator.run()).toMatchObject({ status: 'current', copied: { snapshots: 0 } })
    expect(await open(replica).sequences()).toEqual([6, 5])
  })
})
