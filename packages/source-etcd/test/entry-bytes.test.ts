import { canonicalJson, type JsonValue } from '@outlast/snapshot'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryBytes } from '../src/entry-bytes.ts'
import { entryValue } from '../src/entry-value.ts'

describe('what is written back', () => {
  it('is read again as the same value, whatever the value is', () => {
    const values = fc.oneof(
      fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value))),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('1', '"x"', 'null', '{}', ' {} ', 'data:application/octet-stream;base64,', '\uFEFF{}'),
      fc.base64String().map((text) => `data:application/octet-stream;base64,${text}`),
    )
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalJson(entryValue(entryBytes(value)))).toBe(canonicalJson(value))
      }),
      { numRuns: 500 },
    )
  })

  it('is what was there, when that was no JSON', () => {
    const texts = fc.string({ unit: 'grapheme' }).filter((text) => typeof entryValue(Buffer.from(text)) === 'string')
    const broken = texts.map((text) => Buffer.from(text)).filter((bytes) => !isJson(bytes))
    const binary = fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from([0xff, ...bytes]))
    fc.assert(
      fc.property(fc.oneof(broken, binary), (bytes) => {
        expect(entryBytes(entryValue(bytes))).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })
})

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}
