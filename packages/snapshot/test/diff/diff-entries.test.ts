import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffEntries } from '../../src/diff/diff-entries.ts'
import { entryKey, type Entry, type EntryChanges } from '../../src/entries/entry.ts'
import { entries, shuffleMembers } from '../arbitraries.ts'
import { route } from '../publish.ts'

function apply(before: readonly Entry[], changes: EntryChanges): Map<string, unknown> {
  const state = new Map(before.map((entry) => [entryKey(entry), entry.value]))
  for (const ref of changes.removed) state.delete(entryKey(ref))
  for (const entry of changes.upserted) state.set(entryKey(entry), entry.value)
  return state
}

describe('diffEntries', () => {
  it('turns any configuration into any other when it is applied', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const target = new Map(after.map((entry) => [entryKey(entry), entry.value]))
        expect(apply(before, diffEntries(before, after))).toEqual(target)
      }),
    )
  })

  it('finds nothing between equal configurations, whatever the order of entries and members', () => {
    fc.assert(
      fc.property(entries, fc.nat(20), (before, seed) => {
        const after = before.map((entry) => ({ ...entry, value: shuffleMembers(entry.value, seed) })).toReversed()
        expect(diffEntries(before, after)).toEqual({ upserted: [], removed: [] })
      }),
    )
  })

  it('tells added, changed and removed entries apart from those that stay', () => {
    const before = [route(1), route(2), route(3)]
    const after = [route(4), route(2, '/changed'), route(1)]
    expect(diffEntries(before, after)).toEqual({
      upserted: [route(4), route(2, '/changed')],
      removed: [{ kind: 'routes', id: '3' }],
    })
  })

  it.each([
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: null }, {}],
    [[], {}],
    ['1', 1],
    [null, {}],
    [{ a: 1 }, { b: 1 }],
  ])('sees that %j and %j differ', (left, right) => {
    const entry = (value: Entry['value']): Entry => ({ kind: 'a', id: 'b', value })
    expect(diffEntries([entry(left)], [entry(right)]).upserted).toHaveLength(1)
  })
})
