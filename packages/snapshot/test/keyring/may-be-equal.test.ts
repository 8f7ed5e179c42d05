import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonEquals } from '../../src/entries/json-equals.ts'
import { formatEncryptedValue } from '../../src/keyring/encrypted-value.ts'
import { mayBeEqual } from '../../src/keyring/may-be-equal.ts'
import { jsonValues, shuffleMembers } from '../arbitraries.ts'

function encrypted(key: string, byte: number): string {
  return formatEncryptedValue({ keyId: key.repeat(16), sealed: Buffer.alloc(40, byte) })
}

describe('mayBeEqual', () => {
  it('is equality wherever nothing is encrypted', () => {
    fc.assert(
      fc.property(jsonValues, jsonValues, fc.integer(), (left, right, seed) => {
        expect(mayBeEqual(left, shuffleMembers(left, seed))).toBe(true)
        expect(mayBeEqual(left, right)).toBe(jsonEquals(left, right))
      }),
    )
  })

  it('cannot tell what different keys, or one side only, have encrypted', () => {
    const one = { auth: { key: encrypted('1', 1) }, hosts: ['a'] }
    expect(mayBeEqual(one, { auth: { key: encrypted('2', 2) }, hosts: ['a'] })).toBe(true)
    expect(mayBeEqual(one, { auth: { key: 'clear' }, hosts: ['a'] })).toBe(true)
    expect(mayBeEqual({ auth: { key: { nested: 1 } }, hosts: ['a'] }, one)).toBe(true)
    expect(mayBeEqual(one, { auth: { key: encrypted('2', 2) }, hosts: ['b'] })).toBe(false)
    expect(mayBeEqual(one, { hosts: ['a'] })).toBe(false)
  })

  it('takes different texts of one key for different values', () => {
    expect(mayBeEqual([encrypted('1', 1)], [encrypted('1', 1)])).toBe(true)
    expect(mayBeEqual([encrypted('1', 1)], [encrypted('1', 2)])).toBe(false)
  })

  it('never takes something for nothing', () => {
    expect(mayBeEqual(undefined, encrypted('1', 1))).toBe(false)
    expect(mayBeEqual(null, undefined)).toBe(false)
  })
})
