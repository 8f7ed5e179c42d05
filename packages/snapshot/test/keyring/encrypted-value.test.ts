import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import {
  formatEncryptedValue,
  isEncryptedValue,
  keyIdsIn,
  parseEncryptedValue,
} from '../../src/keyring/encrypted-value.ts'
import { needsKeys } from '../../src/keyring/needs-keys.ts'
import { entries } from '../arbitraries.ts'

const keyId = '0123456789abcdef'
const sealed = Buffer.alloc(29, 7)
const text = formatEncryptedValue({ keyId, sealed })

describe('the text of an encrypted value', () => {
  it('names its key and holds the bytes', () => {
    expect(text).toBe('$outlast$1$0123456789abcdef$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc')
    expect(parseEncryptedValue(text)).toEqual({ keyId, sealed })
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 29 }), (bytes) => {
        const value = { keyId, sealed: Buffer.from(bytes) }
        expect(parseEncryptedValue(formatEncryptedValue(value))).toEqual(value)
      }),
    )
  })

  it.each([
    ['another version', text.replace('$1$', '$2$')],
    ['a key id in capitals', text.replace('abcdef', 'ABCDEF')],
    ['a short key id', text.replace('abcdef', 'abcde')],
    ['too few bytes', `$outlast$1$${keyId}$${Buffer.alloc(28).toString('base64url')}`],
    ['padding', `$outlast$1$${keyId}$${Buffer.alloc(29).toString('base64')}`],
    ['another spelling of the same bytes', `${text.slice(0, -1)}d`],
    ['something before it', ` ${text}`],
    ['something after it', `${text}\n`],
  ])('is not one with %s', (_what, other) => {
    expect(other).not.toBe(text)
    expect(isEncryptedValue(other)).toBe(false)
  })
})

describe('keyIdsIn', () => {
  const other = 'fedcba9876543210'

  it('finds each key of a line once', () => {
    const line = canonicalJson({ a: text, b: [text, { c: formatEncryptedValue({ keyId: other, sealed }) }] })
    expect([...keyIdsIn(line)]).toEqual([keyId, other])
  })

  it.each([
    ['a line without any', canonicalJson({ a: 'text', b: ['$secret://vault/1/key'] })],
    ['a text that holds one further on', canonicalJson({ a: `see ${text}` })],
    ['something that only begins alike', canonicalJson({ a: '$outlast$1$', b: '$outlast$1$0123$', c: '$outlast$1$x' })],
    ['the end of the text', `"$outlast$1$${keyId}`],
  ])('finds nothing in %s', (_what, line) => {
    expect([...keyIdsIn(line)]).toEqual([])
  })

  it('misses nothing that the entries need', () => {
    const encrypted = fc.constantFrom(text, formatEncryptedValue({ keyId: other, sealed }))
    fc.assert(
      fc.property(entries, encrypted, fc.boolean(), (list, value, isDeep) => {
        const all = [...list, { kind: 'x', id: 'y', value: isDeep ? { '"': [[value]] } : value }]
        const found = keyIdsIn(all.map((entry) => canonicalJson({ ...entry })).join('\n'))
        expect([...found].sort()).toEqual(needsKeys(all))
      }),
    )
  })
})
