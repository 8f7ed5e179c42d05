import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import { diffValues } from '../../src/diff/diff-values.ts'
import type { JsonValue } from '../../src/entries/entry.ts'
import { applyPatch } from './apply-patch.ts'
import { jsonValues, shuffleMembers } from '../arbitraries.ts'

// Values that share a lot, as two versions of one item do.
const awkwardNames = fc.constantFrom('a', 'a/b', 'm~n', '~1', '', '0', '-', '__proto__', 'constructor', 'ключ')
const { value: similarValues } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, 0, 1, '', 'x', true),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(awkwardNames, tie('value')), { selector: ([name]) => name, maxLength: 5 })
      .map((members): JsonValue => Object.fromEntries(members)),
  ),
}))

describe('diffValues', () => {
  it.each([
    ['any values', jsonValues],
    ['similar values with awkward names', similarValues],
  ])('gives operations that turn one into the other, for %s', (_what, values) => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        expect(canonicalJson(applyPatch(before, diffValues(before, after)))).toBe(canonicalJson(after))
      }),
      { numRuns: 1000 },
    )
  })

  it('finds nothing between equal values, whatever the order of members', () => {
    fc.assert(
      fc.property(jsonValues, fc.nat(20), (value, seed) => {
        expect(diffValues(value, shuffleMembers(value, seed))).toEqual([])
      }),
    )
  })

  it.each<[string, JsonValue, JsonValue, ReturnType<typeof diffValues>]>([
    ['the root', 1, { a: 1 }, [{ op: 'replace', path: '', value: { a: 1 } }]],
    ['a root of another type', [], {}, [{ op: 'replace', path: '', value: {} }]],
    ['an item in the middle of the root', [1, 2, 3], [1, 3], [{ op: 'remove', path: '/1' }]],
    ['an item before all others', [2, 3], [1, 2, 3], [{ op: 'add', path: '/0', value: 1 }]],
    [
      'items at the end',
      { n: [1] },
      { n: [1, 2, 3] },
      [
        { op: 'add', path: '/n/1', value: 2 },
        { op: 'add', path: '/n/2', value: 3 },
      ],
    ],
    [
      'all items',
      [1, 2],
      [],
      [
        { op: 'remove', path: '/1' },
        { op: 'remove', path: '/0' },
      ],
    ],
    ['a field of an item', [{ w: 1, h: 'a' }], [{ w: 2, h: 'a' }], [{ op: 'replace', path: '/0/w', value: 2 }]],
    ['a name with a slash', { 'a/b': 1 }, {}, [{ op: 'remove', path: '/a~1b' }]],
    ['a name with a tilde', {}, { 'm~n': 1 }, [{ op: 'add', path: '/m~0n', value: 1 }]],
    ['a name that looks escaped', { '~1': 1 }, { '~1': 2 }, [{ op: 'replace', path: '/~01', value: 2 }]],
    ['a name that is empty', { '': 1 }, { '': null }, [{ op: 'replace', path: '/', value: null }]],
  ])('names %s', (_what, before, after, operations) => {
    expect(diffValues(before, after)).toEqual(operations)
  })
})
