import { entryDigest, entryKey, type Domain, type Entry, type EntryChanges } from '@outlast/snapshot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedContent, contentOf, differences, itemsOf, type Content } from '../../src/importer/content.ts'

const route = (id: string, value: number): Entry => ({ kind: 'routes', id, value })
const nothing: EntryChanges = { upserted: [], removed: [] }

/** Values by domain and key. */
const listed = (content: Content): Record<string, unknown> =>
  Object.fromEntries(
    (['resources', 'instance'] as const).flatMap((domain) =>
      Array.from(itemsOf(content, domain), ({ entry }) => [`${domain}/${entryKey(entry)}`, entry.value] as const),
    ),
  )

// Few names, so that changes meet what is there.
const entries = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(3), { maxKeys: 5 })
  .map((values) => Object.entries(values).map(([id, value]) => route(id, value)))
const configuration = fc.record({ resources: entries, instance: entries })

describe('content', () => {
  it('has equal digests when, and only when, it is equal, whatever it was made from', async () => {
    await fc.assert(
      fc.asyncProperty(configuration, configuration, async (one, other) => {
        const before = await contentOf(one)
        const after = await contentOf(other)
        const changesOf = (domain: Domain): EntryChanges => ({
          removed: one[domain].filter(({ id }) => !other[domain].some((entry) => entry.id === id)),
          upserted: other[domain].toReversed(),
        })
        const changes = { resources: changesOf('resources'), instance: changesOf('instance') }
        const changed = changedContent(before, changes)
        expect(listed(changed)).toEqual(listed(after))
        expect(changed.digest).toBe(after.digest)
        expect(changed.empty).toBe(after.empty)
        const isEqual = JSON.stringify(sorted(listed(before))) === JSON.stringify(sorted(listed(after)))
        expect(before.digest === after.digest).toBe(isEqual)
      }),
    )
  })

  it('tells every key in which it differs from another, once', async () => {
    await fc.assert(
      fc.asyncProperty(configuration, configuration, async (one, other) => {
        const before = await contentOf(one)
        const after = await contentOf(other)
        const [was, is] = [listed(before), listed(after)]
        const expected = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => was[key] !== is[key])
        const found = [...differences(before, after)]
        expect(found.map(({ key }) => key).toSorted()).toEqual(expected.toSorted())
        for (const { key, before: previous, after: next } of found) {
          expect([previous?.entry.value, next?.entry.value]).toEqual([was[key], is[key]])
        }
      }),
    )
  })

  it('is not the same in two domains', async () => {
    const resources = await contentOf({ resources: [route('a', 1)], instance: [] })
    const instance = await contentOf({ resources: [], instance: [route('a', 1)] })
    expect(resources.digest).not.toBe(instance.digest)
    expect([resources.empty, instance.empty]).toEqual([false, true])
  })

  it('is the same with digests that are known, but for what is revealed', async () => {
    const stored = ['a', 'b', 'secret'].map((id) => route(id, 1))
    const reveal = (entry: Entry) =>
      entry.id === 'secret'
        ? { entry: route('secret', 2), fault: entry.value === 1 ? undefined : 'damaged' }
        : { entry }
    const made = await contentOf(
      { resources: stored, instance: [route('k', 1)] },
      { reveal, digests: { resources: stored.map(entryDigest) } },
    )
    const clear = [route('a', 1), route('b', 1), route('secret', 2)]
    expect(made.digest).toBe((await contentOf({ resources: clear, instance: [route('k', 1)] })).digest)
  })

  it('reveals only what it did not have as it is', async () => {
    const [plain, secret] = [route('plain', 1), route('secret', 1)]
    const stored = { resources: [plain, secret], instance: [] }
    const asked: string[] = []
    const revealed = route('secret', 2)
    const reveal = (entry: Entry) => {
      asked.push(entry.id)
      return { entry: entry === secret ? revealed : entry }
    }
    const reuse = await contentOf(stored, { reveal })
    const again = await contentOf(stored, { reuse, reveal })
    expect(asked).toEqual(['plain', 'secret', 'secret'])
    expect([...differences(reuse, again)]).toEqual([])
    expect([...itemsOf(again, 'resources')].map((item) => [...itemsOf(reuse, 'resources')].includes(item))).toEqual([
      true,
      true,
    ])
  })

  it('shares with what it was changed from all that did not change', async () => {
    const many = Array.from({ length: 5_000 }, (_none, index) => route(String(index), index))
    const before = await contentOf({ resources: many, instance: [] })
    const after = changedContent(before, { resources: { upserted: [route('17', 0)], removed: [] }, instance: nothing })
    const replaced = after.buckets.filter((bucket, number) => bucket !== before.buckets[number])
    expect(replaced).toHaveLength(1)
    expect([...differences(before, after)].map(({ key }) => key)).toEqual(['resources/routes/17'])
  })
})

function sorted(values: Record<string, unknown>): unknown {
  return Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : 1))
}
