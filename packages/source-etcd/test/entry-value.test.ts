import { canonicalJson, type JsonValue } from '@outlast/snapshot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryValue } from '../src/entry-value.ts'

describe('the value of a key', () => {
  it('is what was written, with members in canonical order', () => {
    const value = entryValue(Buffer.from('{"b": [{"z": 1, "y": -0.0}], "a": {"d": "x", "c": null}}'))
    expect(JSON.stringify(value)).toBe('{"a":{"c":null,"d":"x"},"b":[{"y":0,"z":1}]}')
    const values = fc.jsonValue({ maxDepth: 4 }).map((made): JsonValue => JSON.parse(JSON.stringify(made)))
    fc.assert(
      fc.property(values, (written) => {
        const read = entryValue(Buffer.from(JSON.stringify(written)))
        expect(canonicalJson({ read })).toBe(canonicalJson({ read: written }))
      }),
    )
  })

  it.each([
    ['half of a surrogate pair', '{"a":"\\ud800"}'],
    ['a number beyond a double', '{"a":1e999}'],
    ['nesting that is too deep', '['.repeat(1_001) + ']'.repeat(1_001)],
    ['anything else', '{"a":'],
  ])('is the text itself when that is JSON without a canonical form: %s', (_what, text) => {
    expect(entryValue(Buffer.from(text))).toBe(text)
  })
})
