import { memoryStorage } from '@outlast/storage'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import type { DomainStore } from '../../src/store/domain-store.ts'
import { entryKey, type Entry, type EntryRef } from '../../src/entries/entry.ts'
import { entrySet, type EntrySet } from '../../src/entries/entry-set.ts'
import type { Manifest } from '../../src/format/manifest.ts'
import { snapshotStore } from '../../src/store/snapshot-store.ts'
import { entries as arbitraryEntries } from '../arbitraries.ts'
import { draft, published, route, routes } from '../publish.ts'

function newStore(): DomainStore {
  const storage = memoryStorage()
  return snapshotStore({ group: 'default', resources: storage, instance: storage }).resources
}

function sorted(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((left, right) => (entryKey(left) < entryKey(right) ? -1 : 1))
}

function canonicalEntry({ kind, id, value }: Entry): string {
  return canonicalJson({ kind, id, value })
}

/** What a manifest says about content, and nothing about its commit. */
function layout({ fanout, root, counts, parts }: Manifest): unknown {
  return { fanout, root, counts, parts: parts.map(({ bucket, plain, count }) => ({ bucket, plain, count })) }
}

describe('a set with changes', () => {
  const upserts = fc.oneof(
    arbitraryEntries,
    fc.array(fc.nat(2500), { maxLength: 5 }).map((ids) => ids.map((id) => route(id, '/changed'))),
    // Across the borders at which the fan-out changes.
    fc.constantFrom(0, 100, 410, 900, 2500).map(routes),
  )
  const removals: fc.Arbitrary<readonly EntryRef[]> = fc.oneof(
    fc.array(
      fc.nat(2500).map((id) => route(id)),
      { maxLength: 20 },
    ),
    fc.constantFrom(0, 2400, 2500).map(routes),
  )
  const steps = fc.array(fc.record({ upserted: upserts, removed: removals, isOfOther: fc.boolean() }), { maxLength: 6 })

  it('is published as the same list is, by whomever its base was made', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEntries, steps, async (initial, changes) => {
        const [incremental, complete] = [newStore(), newStore()]
        const list = new Map(initial.map((entry) => [entryKey(entry), entry]))
        let set: EntrySet = entrySet(initial)
        let revision = 0
        for (const { upserted, removed, isOfOther } of [{ upserted: [], removed: [], isOfOther: false }, ...changes]) {
          set = set.with({ upserted, removed })
          for (const ref of removed) list.delete(entryKey(ref))
          for (const entry of upserted) list.set(entryKey(entry), entry)
          expect(set.size).toBe(list.size)
          expect(sorted(set)).toEqual(sorted(list.values()))
          revision += 1
          if (isOfOther) {
            const other = [...list.values(), route('other', `/${revision}`)]
            for (const store of [incremental, complete]) await published(store, other, revision)
          }
          await (await incremental.begin()).publish(draft(set, revision))
          await (await complete.begin()).publish(draft([...list.values()], revision))
          const [ours, full] = [await incremental.latest(), await complete.latest()]
          expect(ours && layout(ours.manifest)).toEqual(full && layout(full.manifest))
          const loaded = ours === undefined ? [] : (await incremental.load(ours.manifest)).entries
          // As canonical JSON, which writes -0 as 0.
          expect(sorted(loaded).map(canonicalEntry)).toEqual(sorted(set).map(canonicalEntry))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('writes only the entries that have changed, also when others have published meanwhile', async () => {
    const store = newStore()
    let encoded = 0
    const counting = (id: number): Entry => ({
      kind: 'routes',
      id: String(id),
      value: {
        get uri() {
          encoded += 1
          return `/${id}`
        },
      },
    })
    const encodedWhile = async (work: () => Promise<unknown>): Promise<number> => {
      encoded = 0
      await work()
      return encoded
    }
    const all = Array.from({ length: 10_000 }, (_none, id) => counting(id))
    const set = entrySet(all)
    const onePass = await encodedWhile(async () => published(store, set))
    expect(onePass).toBeGreaterThanOrEqual(10_000)
    expect(await encodedWhile(async () => (await store.begin()).publish(draft(set)))).toBe(0)

    const changed = set.with({ upserted: [route(7, '/changed')], removed: [] })
    const afterChange = await encodedWhile(async () => {
      const result = await (await store.begin()).publish(draft(changed, 2))
      expect(result).toMatchObject({ status: 'published', uploadedParts: 1, reusedParts: 63 })
    })
    // What is in its bucket beside it keeps its line.
    expect(afterChange).toBe(0)

    await published(store, [...changed, route('of another')], 3)
    const removed = changed.with({ upserted: [], removed: [route(8)] })
    expect(await encodedWhile(async () => published(store, removed, 4))).toBe(0)
    expect(sorted((await store.load(4)).entries)).toHaveLength(9_999)
  })

  it('leaves the set that it was made from as it was', () => {
    const before = entrySet([route(1), route(2)])
    const after = before.with({ upserted: [route(2, '/changed'), route(3)], removed: [route(1)] })
    expect(sorted(before)).toEqual([route(1), route(2)])
    expect(sorted(after)).toEqual([route(2, '/changed'), route(3)])
    expect([before.size, after.size]).toEqual([2, 2])
  })

  it('has an entry that is both removed and upserted, and the last one that is upserted twice', () => {
    const set = entrySet([route(1)]).with({ upserted: [route(1, '/a'), route(1, '/b')], removed: [route(1), route(9)] })
    expect([...set]).toEqual([route(1, '/b')])
    expect(set.size).toBe(1)
  })
})

describe('what a set has lost since another one', () => {
  it('is what is gone or has another value, however the two came about and were published', async () => {
    const store = newStore()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(3, 500, 2_000),
        fc.array(fc.nat(1_999), { maxLength: 9 }),
        fc.array(fc.nat(1_999), { maxLength: 9 }),
        fc.constantFrom('derived', 'loaded again', 'grown'),
        async (count, changed, removed, how) => {
          const before = entrySet(routes(count))
          if (how !== 'derived') (await store.begin()).matches(before)
          const upserted = changed.map((id) => route(id, '/changed'))
          const derived = before.with({ upserted, removed: removed.map((id) => route(id)) })
          const copies = Array.from(derived, ({ kind, id, value }) => ({ kind, id, value: structuredClone(value) }))
          // Over the border of another fan-out.
          const others = how === 'grown' ? Array.from({ length: 3_000 }, (_, index) => route(`new-${index}`)) : []
          const after = how === 'derived' ? derived : entrySet([...copies, ...others])
          const present = new Map([...after].map((entry) => [entryKey(entry), canonicalEntry(entry)]))
          const expected = routes(count).filter((entry) => present.get(entryKey(entry)) !== canonicalEntry(entry))
          expect(after.lostSince(before)).toBe(expected.length)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a set refuses', () => {
  it('an entry that is there twice', () => {
    expect(() => entrySet([route(1), route(2), route(1)])).toThrow('routes/1 is there twice')
  })

  it.each([
    { kind: '', id: '1', value: 1 },
    { kind: 'a/b', id: '1', value: 1 },
    { kind: 'routes', id: '', value: 1 },
  ])('what is no entry: %j', (entry) => {
    const set = entrySet([route(1)])
    expect(() => entrySet([entry])).toThrow(TypeError)
    expect(() => set.with({ upserted: [route(2), entry], removed: [] })).toThrow(TypeError)
    expect([...set]).toEqual([route(1)])
  })
})
