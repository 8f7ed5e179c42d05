import assert from 'node:assert/strict'
import { maximumObjectBytes } from '@outlast/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { maximumHeadBytes, maximumManifestBytes } from '../../src/format/limits.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { oversizedStorage, type OversizedStorage } from '../oversized-storage.ts'
import { keysIn, onlyNewest, publish, published, route, routes } from '../publish.ts'

// Whoever can write to a store can put an object there that no reader's memory holds.
const prefix = 'groups/default/resources/'
const head = `${prefix}head.json`
const hourMs = 3_600_000
const entries = routes(1000)
let clock: ReturnType<typeof manualClock>
let storage: OversizedStorage
let replica: OversizedStorage
let warnings: string[]

/** Another process: it shares nothing but the storage. */
function open(on: OversizedStorage = storage): DomainStore {
  const logger = {
    debug() {},
    info() {},
    warn: (_fields: object, text: string) => void warnings.push(text),
    error() {},
  }
  return snapshotStore({ group: 'default', resources: on, instance: on, clock, logger }).resources
}

function manifestKey(sequence: number): string {
  return `${prefix}manifests/${String(sequence).padStart(12, '0')}.json`
}

function partKey({ parts }: Manifest, index: number): string {
  return `${prefix}${parts[index]?.key}`
}

/** What may be asked of each key at most, by the format and by the manifests that name it. */
function bounds(manifests: readonly Manifest[]): (key: string) => number {
  const parts = new Map(manifests.flatMap((manifest) => manifest.parts).map((part) => [part.key, part.stored.size]))
  return (key) => {
    if (key === head) return maximumHeadBytes
    if (key.startsWith(`${prefix}manifests/`)) return maximumManifestBytes
    return parts.get(key.slice(prefix.length)) ?? 0
  }
}

beforeEach(() => {
  clock = manualClock()
  storage = oversizedStorage()
  replica = oversizedStorage()
  warnings = []
})

afterEach(() => {
  assert.deepEqual([storage.wasted(), replica.wasted()], [0, 0], 'something that is too large has been read')
})

describe('every read of a store', () => {
  it('asks for no more than the object may have', async () => {
    const publisher = open()
    const first = await published(publisher, entries)
    clock.advance(hourMs)
    const second = await published(publisher, [...entries, route('new')], 2)
    const reader = open()
    await reader.latest()
    await reader.latest()
    const snapshot = await reader.load(1)
    await reader.load(second, { reuse: snapshot })
    await collect(reader.history())
    await collect(reader.verify())
    await reader.diff(first, second)
    await (await open().begin()).contradictions([route('other')], new Map([['routes/other', 1]]))
    await open().replicator(replica).run()
    await open().replicator(replica).run()
    await open(replica).load(2)
    await open().prune({ retention: onlyNewest(1), graceMs: 0 })

    const boundOf = bounds([first, second])
    const tooMuch = [...storage.asked, ...replica.asked].filter(({ key, maximumBytes }) => maximumBytes > boundOf(key))
    expect(tooMuch).toEqual([])
    const kinds = new Set(storage.asked.map(({ key }) => key.slice(prefix.length).split('/')[0]))
    expect(kinds).toEqual(new Set(['head.json', 'manifests', 'parts']))
  })
})

describe('a head that is larger than the format allows', () => {
  beforeEach(async () => {
    await published(open(), entries)
    await storage.inflate(head, maximumHeadBytes + 1)
  })

  it('is passed over, and warned of once', async () => {
    const reader = open()
    for (let look = 1; look <= 3; look += 1) expect((await reader.latest())?.manifest.sequence).toBe(1)
    expect(warnings).toEqual(['the head is unreadable and is passed over'])
  })

  it('is warned of again when it was right in between', async () => {
    const reader = open()
    await reader.latest()
    await open().heartbeat({})
    expect((await reader.latest())?.checkedAt).toBe(clock.now())
    await storage.inflate(head, maximumObjectBytes)
    await reader.latest()
    expect(warnings.filter((text) => text === 'the head is unreadable and is passed over').length).toBeGreaterThan(1)
  })

  it('is replaced by the next publication', async () => {
    await published(open(), [...entries, route('new')], 2)
    expect(await open().latest()).toMatchObject({ manifest: { sequence: 2 }, checkedAt: clock.now() })
  })

  it('is not copied', async () => {
    expect(await open().replicator(replica).run()).toMatchObject({ status: 'current', newest: { sequence: 1 } })
    expect(await keysIn(replica)).not.toContain(head)
  })
})

describe('a manifest that is larger than the format allows', () => {
  beforeEach(async () => {
    await published(open(), entries)
    await storage.inflate(manifestKey(2), maximumManifestBytes + 1)
  })

  it('is passed over, and warned of once', async () => {
    const reader = open()
    for (let look = 1; look <= 3; look += 1) {
      clock.advance(hourMs)
      expect((await reader.latest())?.manifest.sequence).toBe(1)
    }
    expect(warnings).toEqual(['a manifest is unusable'])
    expect(await collect(reader.history())).toMatchObject([{ sequence: 1 }])
    await expect(reader.load(2)).rejects.toMatchObject({ code: 'limit-exceeded' })
    expect(await collect(reader.verify({ sequences: [2] }))).toMatchObject([{ problems: [{ code: 'limit-exceeded' }] }])
  })

  it('is superseded by the next publication', async () => {
    expect(await publish(open(), entries)).toMatchObject({ status: 'published', manifest: { sequence: 3 } })
    expect((await open().latest())?.manifest.sequence).toBe(3)
  })

  it('is reported, and not copied', async () => {
    const report = await open().replicator(replica).run()
    expect(report).toMatchObject({
      status: 'behind',
      newest: { sequence: 1 },
      problems: [{ sequence: 2, code: 'limit-exceeded' }],
    })
    expect((await open(replica).load(1)).entries).toHaveLength(entries.length)
  })

  it('in a replica is reported, and left as it is', async () => {
    await published(open(), [...entries, route('new')], 2)
    await replica.inflate(manifestKey(3), maximumObjectBytes)
    const report = await open().replicator(replica).run()
    expect(report).toMatchObject({ status: 'behind', newest: { sequence: 1 } })
    expect(report.problems).toContainEqual(expect.objectContaining({ sequence: 3, code: 'damaged' }))
    await expect(open(replica).manifest(3)).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})

describe('a part that is larger than its manifest says', () => {
  let first: Manifest

  beforeEach(async () => {
    first = await published(open(), entries)
    await storage.inflate(partKey(first, 0), (first.parts[0]?.stored.size ?? 0) + 1)
  })

  it('is damaged', async () => {
    const reader = open()
    await expect(reader.load(1)).rejects.toMatchObject({ code: 'damaged' })
    expect(await collect(reader.verify())).toMatchObject([{ problems: [{ code: 'damaged' }] }])
  })

  it('is uploaded anew by the next publication', async () => {
    expect(await publish(open(), entries)).toMatchObject({ status: 'published', uploadedParts: 1 })
    expect((await open().load(2)).entries).toHaveLength(entries.length)
  })

  it('is not copied', async () => {
    const report = await open().replicator(replica).run()
    expect(report).toMatchObject({ status: 'behind', problems: [{ sequence: 1, code: 'damaged' }] })
    expect(await keysIn(replica)).not.toContain(manifestKey(1))
  })

  it('in a replica is left as it is, and the snapshot is not copied', async () => {
    const second = await published(open(), [...entries, route('new')], 2)
    await replica.inflate(partKey(second, 0), maximumObjectBytes)
    const report = await open().replicator(replica).run()
    expect(report.problems).toContainEqual(expect.objectContaining({ sequence: 2, code: 'damaged' }))
    expect(await keysIn(replica)).not.toContain(manifestKey(2))
  })
})
