import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, isCanonicalText } from '../../src/entries/canonical-json.ts'
import { jsonValues, shuffleMembers } from '../arbitraries.ts'

// Numbers as IEEE 754 bits and their text: RFC 8785, appendix B.
const numbers: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
]

/** As a caller without types can do it. */
function untyped(value: unknown): unknown {
  return Reflect.apply(canonicalJson, undefined, [value])
}

describe('canonicalJson', () => {
  it.each(numbers)('writes the number with the bits %s as RFC 8785 does', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text)
  })

  it('writes the sample of RFC 8785, section 3.2.2, as section 3.2.3 shows it', () => {
    const sample = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(sample))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('sorts names by UTF-16 code units, as the sample of RFC 8785, section 3.2.3', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    const order = Object.values<unknown>(JSON.parse(canonicalJson(sample)))
    expect(order).toEqual([
      'One', // an integer-like name comes first in every JavaScript object; the text is what counts
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
    expect(canonicalJson(sample).indexOf('"\\r"')).toBeLessThan(canonicalJson(sample).indexOf('"1"'))
  })

  it('sorts integer-like names as text', () => {
    expect(canonicalJson({ 10: 'a', 9: 'b', '-1': 'c' })).toBe('{"-1":"c","10":"a","9":"b"}')
  })

  it('leaves out members that are undefined', () => {
    expect(untyped({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  it('keeps a member that is named __proto__', () => {
    const text = '{"__proto__":{"a":1}}'
    expect(canonicalJson(JSON.parse(text))).toBe(text)
  })

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a name', { '\udead': 1 }],
    ['undefined', undefined],
    ['an item that is undefined', [undefined]],
    ['a big integer', 1n],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['a function', () => 1],
  ])('throws on %s', (_name, value) => {
    expect(() => untyped(value)).toThrow(TypeError)
  })

  it('throws on nesting that is too deep instead of overflowing the stack', () => {
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000))
    expect(() => canonicalJson(deep)).toThrow('nested deeper')
  })

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(jsonValues, fc.nat(20), (value, seed) => {
        expect(canonicalJson(shuffleMembers(value, seed))).toBe(canonicalJson(value))
      }),
    )
  })

  it('gives text that is canonical itself and means the same value', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('isCanonicalText', () => {
  it('accepts what canonicalJson writes, and nothing else', () => {
    fc.assert(
      fc.property(jsonValues, fc.nat(20), (value, seed) => {
        const canonical = canonicalJson(value)
        expect(isCanonicalText(canonical, JSON.parse(canonical))).toBe(true)
        const other = JSON.stringify(shuffleMembers(value, seed))
        expect(isCanonicalText(other, JSON.parse(other))).toBe(other === canonical)
      }),
    )
  })

  it.each([
    ['integer-like names in the order of text', '{"-1":0,"10":1,"9":2}'],
    ['a backslash before ud', String.raw`["\\ud"]`],
    ['a name __proto__', '{"__proto__":{"a":1}}'],
    ['a member toJSON', '{"toJSON":1}'],
    ['999 levels', `${'['.repeat(999)}${']'.repeat(999)}`],
  ])('accepts %s', (_name, text) => {
    expect(isCanonicalText(text, JSON.parse(text))).toBe(true)
  })

  it.each([
    ['names out of order', '{"b":1,"a":2}'],
    ['names out of order further in', '[[{"a":[{"b":1,"a":2}]}]]'],
    ['integer-like names in the order of numbers', '{"9":1,"10":2}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['a blank', '{"a": 1}'],
    ['another spelling of a number', '[1.0]'],
    ['more digits than a double holds', '[12345678901234567890]'],
    ['minus zero', '[-0]'],
    ['an escape that is not needed', String.raw`["\u0061"]`],
    ['an escape in capitals', String.raw`["\u001F"]`],
  ])('refuses %s', (_name, text) => {
    expect(isCanonicalText(text, JSON.parse(text))).toBe(false)
  })

  it.each([
    ['a lone surrogate', String.raw`["\ud800"]`],
    ['nesting that is too deep', `${'['.repeat(1001)}${']'.repeat(1001)}`],
  ])('throws on %s, as canonicalJson does', (_name, text) => {
    expect(() => isCanonicalText(text, JSON.parse(text))).toThrow(TypeError)
  })
})
