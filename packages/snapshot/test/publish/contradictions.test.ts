import { memoryStorage } from '@outlast/storage'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import { jsonEquals } from '../../src/entries/json-equals.ts'
import { generateSealingSecret, localSealingKey } from '../../src/sealing/local-sealing-key.ts'
import { memorySource, type MemorySource } from '../../src/sources/memory-source.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { snapshotStore, type SnapshotStoreOptions } from '../../src/store/snapshot-store.ts'
import { manualClock } from '../manual-clock.ts'
import { publish, published, route, routes } from '../publish.ts'
import { recordingStorage, type RecordingStorage } from '../recording-storage.ts'

let storage: RecordingStorage
let source: MemorySource
const clock = manualClock()

function open(options: Partial<SnapshotStoreOptions> = {}): DomainStore {
  return snapshotStore({ group: 'default', resources: storage, instance: storage, clock, ...options }).resources
}

/** Publishes what the source is now. */
async function backUp(store = open()): Promise<void> {
  const { resources, revision } = await source.load()
  await publish(store, resources, revision)
}

/** Keys that contradict the newest snapshot, by what the source says now. */
async function contradicting(store = open()): Promise<readonly string[]> {
  const publication = await store.begin()
  storage.forget()
  const { resources, modified } = await source.load()
  return (await publication.contradictions(resources, modified?.resources ?? new Map())).map(entryKey)
}

/** As a store that was wiped and filled one by one, and then went on to `revision`. */
function fillAnew(entries: readonly Entry[], revision: number): void {
  const resources = new Map(entries.map((entry, index) => [entryKey(entry), index + 1]))
  source.replace({ revision, resources: entries, modified: { resources, instance: new Map() } })
}

function partsRead(): number {
  return storage.keysOf('get').filter((key) => key.includes('/parts/')).length
}

beforeEach(() => {
  storage = recordingStorage(memoryStorage())
  source = memorySource()
})

describe('a source that went on', () => {
  it('never contradicts its backup, whatever has happened since', async () => {
    const step = fc.record({
      what: fc.constantFrom('put' as const, 'put' as const, 'delete' as const, 'replace' as const, 'back up' as const),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      value: fc.nat(2),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        storage = recordingStorage(memoryStorage())
        source = memorySource({ resources: [route('a', '/0')], revision: 1 })
        const store = open()
        for (const { what, id, value } of steps) {
          if (what === 'put') source.put('resources', route(id, `/${value}`))
          // Of what is not there too: only the revision rises.
          else if (what === 'delete') source.delete('resources', route(id))
          else if (what === 'replace') source.replace({ resources: [route(id, `/${value}`)] })
          else await backUp(store)
          expect(await contradicting(store)).toEqual([])
        }
      }),
      { numRuns: 200 },
    )
  })

  it('does not by what was deleted and made again, changed, or added', async () => {
    for (const id of ['a', 'b', 'c']) source.put('resources', route(id))
    await backUp()
    source.delete('resources', route('a'))
    source.put('resources', route('a', '/another'))
    source.put('resources', route('b', '/changed'))
    source.put('resources', route('d'))
    expect(await contradicting()).toEqual([])
  })

  it('costs no part when nothing has changed, and only those that have changed otherwise', async () => {
    source.replace({ resources: routes(2_000) })
    await backUp()
    expect(await contradicting()).toEqual([])
    expect(partsRead()).toBe(0)
    source.put('resources', route(7, '/changed'))
    expect(await contradicting()).toEqual([])
    expect(partsRead()).toBe(1)
  })
})

describe('a source that was filled anew under its old identity', () => {
  beforeEach(async () => {
    for (const id of ['a', 'b', 'c']) source.put('resources', route(id))
    await backUp()
  })

  it('contradicts by every entry that it had at the revision of the backup, and the backup has not', async () => {
    fillAnew([route('c'), route('b', '/other'), route('x'), route('late', '/after-the-backup')], 50)
    expect(await contradicting()).toEqual(['routes/b', 'routes/x'])
  })

  it('does not contradict with equal content, nor by what it wrote later', async () => {
    fillAnew([route('b'), route('a'), route('c')], 50)
    source.put('resources', route('a', '/changed'))
    source.put('resources', route('x'))
    expect(await contradicting()).toEqual([])
  })

  it('contradicts by what it wrote before the newest heartbeat, which the backup is as good as', async () => {
    for (let revision = 4; revision <= 9; revision += 1) source.delete('resources', route('nothing'))
    await backUp()
    expect((await open().begin()).knownRevision).toBe(9)
    const entries = [route('a'), route('b'), route('c'), route('x'), route('y')]
    fillAnew(entries, 50)
    expect(await contradicting()).toEqual(['routes/x', 'routes/y'])
    // Without the heartbeat, the revision of the snapshot is all that is known.
    for await (const key of storage.list('')) if (key.endsWith('head.json')) await storage.delete(key)
    expect((await open().begin()).knownRevision).toBe(3)
    expect(await contradicting()).toEqual([])
  })

  it('is not told by a head of another snapshot', async () => {
    const head = 'groups/default/resources/head.json'
    const old = await storage.get(head)
    await published(open(), [route('a')], 4)
    await backUp()
    await storage.put(head, old?.bytes ?? new Uint8Array())
    expect((await open().begin()).knownRevision).toBe(4)
  })

  it('shows as far as the parts of the backup can be read; others prove nothing, and that is logged', async () => {
    storage = recordingStorage(memoryStorage())
    source = memorySource()
    source.replace({ resources: routes(2_000) })
    await backUp()
    const modified = { resources: new Map(routes(2_000).map((entry) => [entryKey(entry), 1])), instance: new Map() }
    source.replace({ revision: 5_000, resources: routes(2_000).map(({ id }) => route(id, '/other')), modified })
    expect(await contradicting()).toHaveLength(2_000)

    const logged: object[] = []
    const warn = (fields: object): void => void logged.push(fields)
    const logger = { debug: warn, info: warn, warn, error: warn }
    const { manifest } = (await open().latest()) ?? {}
    const [lost, damaged, ...whole] = manifest?.parts ?? []
    await storage.delete(`groups/default/resources/${lost?.key ?? ''}`)
    await storage.put(`groups/default/resources/${damaged?.key ?? ''}`, new Uint8Array(3))
    const rest = whole.reduce((sum, { count }) => sum + count, 0)
    expect(await contradicting(open({ logger }))).toHaveLength(rest)
    expect(logged.filter((fields) => 'part' in fields)).toMatchObject([{ part: lost?.key }, { part: damaged?.key }])
  })

  it('passes on a failure of the store, instead of taking it for an answer', async () => {
    fillAnew([route('x')], 50)
    const publication = await open().begin()
    storage.fault = ({ key }) => (key.includes('/parts/') ? 'fail-before' : undefined)
    const { resources, modified } = await source.load()
    await expect(publication.contradictions(resources, modified?.resources ?? new Map())).rejects.toMatchObject({
      name: 'StorageError',
    })
  })

  it('shows in another fan-out, and in sealed parts', async () => {
    storage = recordingStorage(memoryStorage())
    const keys = [localSealingKey(generateSealingSecret())]
    const sealed = (): DomainStore => open({ sealing: { keys, domains: ['resources', 'instance'] } })
    source.replace({ resources: routes(3_000), revision: 3_000 })
    await backUp(sealed())
    fillAnew([route(2), route(5, '/other')], 9_000)
    expect(await contradicting(sealed())).toEqual(['routes/5'])
    expect(partsRead()).toBeLessThanOrEqual(2)
  })
})

describe('what is not spoken for', () => {
  it('is not judged: entries without a revision, and a store without a snapshot', async () => {
    expect(await contradicting()).toEqual([])
    source.put('resources', route('a'))
    await backUp()
    const publication = await open().begin()
    const altered = [route('a', '/made-of-something-else')]
    expect(await publication.contradictions(altered, new Map())).toEqual([])
    expect(await publication.contradictions(altered, new Map([['routes/a', 1]]))).toEqual([{ kind: 'routes', id: 'a' }])
  })

  it('is what another key has encrypted: whether that is equal cannot be told', async () => {
    const encrypted = (keyId: string, byte: number): Entry =>
      route('a', `$outlast$1$${keyId.repeat(16)}$${Buffer.alloc(30, byte).toString('base64url')}`)
    const later = async (before: Entry, after: Entry): Promise<number> => {
      storage = recordingStorage(memoryStorage())
      await published(open(), [before], 5)
      return (await (await open().begin()).contradictions([after], new Map([['routes/a', 5]]))).length
    }
    expect(await later(encrypted('1', 1), encrypted('2', 2))).toBe(0)
    expect(await later(route('a'), encrypted('2', 2))).toBe(0)
    expect(await later(encrypted('1', 1), route('a'))).toBe(0)
    expect(await later(encrypted('1', 1), encrypted('1', 2))).toBe(1)
  })
})

it('finds exactly what a comparison entry by entry finds', async () => {
  const entries = fc.uniqueArray(
    fc.record({
      id: fc.nat(8),
      uri: fc.constantFrom('/a', '/b'),
      modifiedAt: fc.option(fc.nat(9), { nil: undefined }),
    }),
    { selector: ({ id }) => id },
  )
  await fc.assert(
    fc.asyncProperty(entries, entries, fc.nat(9), async (before, after, revision) => {
      storage = recordingStorage(memoryStorage())
      const base = before.map(({ id, uri }) => route(id, uri))
      await published(open(), base, revision)
      const candidate = after.map(({ id, uri }) => route(id, uri))
      const modified = new Map<string, number>(
        after.flatMap(({ id, modifiedAt }) =>
          modifiedAt === undefined ? [] : [[`routes/${id}`, modifiedAt] as const],
        ),
      )
      const expected = candidate.filter((entry) => {
        const at = modified.get(entryKey(entry))
        const same = base.find(({ id }) => id === entry.id)
        return at !== undefined && at <= revision && !jsonEquals(same?.value, entry.value)
      })
      const found = await (await open().begin()).contradictions(candidate, modified)
      expect(found).toEqual(expected.map(({ kind, id }) => ({ kind, id })).sort((a, b) => (a.id < b.id ? -1 : 1)))
    }),
    { numRuns: 300 },
  )
})
