import { memoryStorage } from '@outlast/storage'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCheckedJson } from '../../src/format/checked-json.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { collect } from '../collect.ts'
import { manualClock } from '../manual-clock.ts'
import { keysIn, published, route } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

const prefix = 'groups/default/resources/'
const head = `${prefix}head.json`
const clock = manualClock()
let storage: RecordingStorage
let publisher: DomainStore
let reader: DomainStore

function open(): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock }).resources
}

function manifestKey(sequence: number): string {
  return `${prefix}manifests/${String(sequence).padStart(12, '0')}.json`
}

async function publishUpTo(sequence: number): Promise<void> {
  const base = (await publisher.begin()).base?.sequence ?? 0
  for (let next = base + 1; next <= sequence; next += 1) await published(publisher, [route(next)], next)
}

async function latestSequence(from: DomainStore = reader): Promise<number | undefined> {
  return (await from.latest())?.manifest.sequence
}

async function bytesOf(key: string): Promise<Uint8Array> {
  const object = await storage.get(key)
  if (object === undefined) throw new Error(`There is no ${key}`)
  return object.bytes
}

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
  publisher = open()
  reader = open()
})

describe('latest', () => {
  it('is undefined in an empty store', async () => {
    expect(await reader.latest()).toBeUndefined()
  })

  it('costs one conditional read while nothing changes, and one more every tenth call', async () => {
    await publishUpTo(1)
    await reader.latest()
    storage.forget()
    for (let call = 2; call <= 11; call += 1) expect(await latestSequence()).toBe(1)
    expect(storage.keysOf('list')).toEqual([])
    expect(storage.keysOf('get')).toEqual([...Array<string>(9).fill(head), manifestKey(2), head])
  })

  it('follows the head without listing', async () => {
    await publishUpTo(1)
    await reader.latest()
    await publishUpTo(3)
    storage.forget()
    expect(await latestSequence()).toBe(3)
    expect(storage.keysOf('list')).toEqual([])
  })

  it('finds what the head does not tell of, at the first call', async () => {
    await publishUpTo(2)
    const old = await bytesOf(head)
    await publishUpTo(4)
    await storage.put(head, old)
    expect(await latestSequence()).toBe(4)
  })

  it('finds what the head does not tell of, within ten calls', async () => {
    await publishUpTo(2)
    await reader.latest()
    const old = await bytesOf(head)
    await publishUpTo(4)
    await storage.put(head, old)
    const seen = new Set<number | undefined>()
    for (let call = 0; call < 10; call += 1) seen.add(await latestSequence())
    expect([...seen]).toEqual([2, 4])
  })

  it('lists when the heartbeat is overdue, but not at every call of a long outage', async () => {
    await publishUpTo(2)
    await reader.latest()
    const old = await bytesOf(head)
    await publishUpTo(4)
    await storage.put(head, old)
    clock.advance(180_001)
    expect(await latestSequence()).toBe(4)
    storage.forget()
    await latestSequence()
    await latestSequence()
    expect(storage.keysOf('list')).toEqual([])
  })

  it.each([
    ['missing', undefined],
    ['no JSON', Buffer.from('{')],
    ['far too large', Buffer.alloc(100_000, ' ')],
    ['of a newer shape', encodeCheckedJson({ format: 2, everything: 'different' })],
    [
      'pointing at a snapshot that never was',
      encodeCheckedJson({ format: 1, sequence: 99, manifest: 'x', checkedAt: '2026-01-01T00:00:00.000Z' }),
    ],
  ])('finds the newest when the head is %s', async (_name, bytes) => {
    await publishUpTo(2)
    await reader.latest()
    await publishUpTo(3)
    if (bytes === undefined) await storage.delete(head)
    else await storage.put(head, bytes)
    expect(await latestSequence()).toBe(3)
    expect(await latestSequence(open())).toBe(3)
  })

  it('walks back to the newest snapshot that verifies, and forward again past a damaged one', async () => {
    await publishUpTo(3)
    await storage.put(manifestKey(3), Buffer.from('damaged'))
    expect(await latestSequence()).toBe(2)
    await storage.put(manifestKey(2), Buffer.from('damaged'))
    expect(await latestSequence(open())).toBe(1)
    publisher = open()
    expect(await published(publisher, [route(9)], 9)).toMatchObject({ sequence: 4 })
    expect(await latestSequence()).toBe(4)
    expect((await collect(reader.history())).map(({ sequence }) => sequence)).toEqual([4, 1])
  })

  it('finds the newest beyond a damaged one that the head does not tell of', async () => {
    await publishUpTo(1)
    await reader.latest()
    const old = await bytesOf(head)
    await publishUpTo(3)
    await storage.put(head, old)
    await storage.put(manifestKey(2), Buffer.from('damaged'))
    for (let call = 0; call < 9; call += 1) await reader.latest()
    expect(await latestSequence()).toBe(3)
  })

  it('never goes below what it returned, not even when the store is gone or replayed', async () => {
    await publishUpTo(3)
    expect(await latestSequence()).toBe(3)
    await storage.delete(manifestKey(3))
    await storage.delete(head)
    expect(await latestSequence()).toBe(3)
    for (const key of await keysIn(storage)) await storage.delete(key)
    expect(await latestSequence()).toBe(3)
  })

  it('follows a store that was wiped and begun again under a higher epoch, and only then', async () => {
    await publishUpTo(5)
    await reader.latest()
    for (const key of await keysIn(storage)) await storage.delete(key)
    await published(open(), [route(1)], 2)
    clock.advance(200_000)
    expect(await latestSequence()).toBe(5)
    for (const key of await keysIn(storage)) await storage.delete(key)
    await published(publisher, [route(1)], 1, { position: { epoch: 2, revision: 1 } })
    clock.advance(200_000)
    expect((await reader.latest())?.manifest).toMatchObject({ sequence: 1, position: { epoch: 2 } })
  })

  it('rejects when the store fails, and goes on afterwards', async () => {
    await publishUpTo(1)
    storage.fault = () => 'fail-before'
    await expect(reader.latest()).rejects.toMatchObject({ code: 'unavailable' })
    storage.fault = () => undefined
    expect(await latestSequence()).toBe(1)
  })
})

describe('a manifest that cannot be used', () => {
  it('is found out once, not at every look', async () => {
    await publishUpTo(1)
    await storage.put(manifestKey(2), Buffer.from('junk'))
    const decode = vi.spyOn(JSON, 'parse')
    try {
      await storage.delete(head)
      await reader.latest()
      expect(decode).toHaveBeenCalledWith('junk')
      decode.mockClear()
      await reader.latest()
      expect(decode).not.toHaveBeenCalledWith('junk')
    } finally {
      decode.mockRestore()
    }
    // Until there is something else.
    await storage.delete(manifestKey(2))
    await published(open(), [route(2)], 2)
    expect(await latestSequence()).toBe(2)
  })

  it('under the last number keeps publishers from uploading anything, and says what to do', async () => {
    await publishUpTo(1)
    await storage.put(manifestKey(999_999_999_999), Buffer.from('junk'))
    await expect(open().begin()).rejects.toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('until it is deleted'),
    })
    expect(await latestSequence(open())).toBe(1)
  })
})

describe('a head of another snapshot with the same number', () => {
  it('says nothing about when the source had this one', async () => {
    await published(publisher, [route(1)], 100)
    const old = await bytesOf(head)
    for (const key of await keysIn(storage)) await storage.delete(key)
    clock.advance(60_000)
    await published(open(), [route(2)], 50)
    await storage.put(head, old)
    expect(await open().latest()).toMatchObject({ matchedRevision: 50, matchedAt: clock.now() })
    await open().heartbeat({ held: 'reason' })
    expect((await open().begin()).knownRevision).toBe(50)
    expect(await open().latest()).toMatchObject({ matchedRevision: 50, matchedAt: clock.now(), held: 'reason' })
  })
})

describe('a manifest for newer readers', () => {
  beforeEach(async () => {
    await publishUpTo(1)
    const members = { leastReader: 2, sequence: 2, news: true }
    await storage.put(manifestKey(2), encodeCheckedJson(members))
  })

  it('is passed over by readers, and named when it is asked for', async () => {
    expect(await latestSequence(open())).toBe(1)
    await expect(reader.load(2)).rejects.toMatchObject({ code: 'unsupported-version' })
  })

  it('keeps older publishers from publishing over it', async () => {
    await expect(open().begin()).rejects.toMatchObject({ code: 'unsupported-version' })
  })
})
