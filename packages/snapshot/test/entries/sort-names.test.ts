import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sortNames } from '../../src/entries/sort-names.ts'

it('sorts few names and many as `sort` does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 50, size: 'max' }), (names) => {
      expect(sortNames([...names])).toEqual([...names].sort())
    }),
  )
})
