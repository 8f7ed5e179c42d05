import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/entries/entry.ts'
import { fieldReplacer } from '../../src/keyring/field-replacer.ts'
import { extendSensitiveFields } from '../../src/keyring/sensitive-fields.ts'

function fieldsOf(
  pointers: readonly string[],
  value: JsonValue,
  { kind = 'routes', id = '1' } = {},
): Record<string, JsonValue> {
  const found: Record<string, JsonValue> = {}
  const replace = fieldReplacer({ kinds: { routes: pointers }, plugins: { auth: pointers } })
  replace({ kind, id, value }, (field, pointer) => {
    found[pointer] = field
    return field
  })
  return found
}

describe('sensitive fields are found', () => {
  it.each<[string, readonly string[], JsonValue, Record<string, JsonValue>]>([
    ['by name', ['/a/b'], { a: { b: 1, c: 2 }, b: 3 }, { '/a/b': 1 }],
    ['in items', ['/a/*/b'], { a: [{ b: 1 }, {}, { b: 2 }] }, { '/a/0/b': 1, '/a/2/b': 2 }],
    ['in members', ['/a/*'], { a: { x: 1, y: 2 } }, { '/a/x': 1, '/a/y': 2 }],
    ['by the number of an item', ['/a/1/b'], { a: [{ b: 1 }, { b: 2 }] }, { '/a/1/b': 2 }],
    ['as objects and lists', ['/a', '/b'], { a: { x: 1 }, b: [2] }, { '/a': { x: 1 }, '/b': [2] }],
    ['as the whole value', [''], [1], { '': [1] }],
    ['once, where a field holds another', ['/a', '/a/b'], { a: { b: 1 } }, { '/a': { b: 1 } }],
    [
      'by name and by star alike',
      ['/a/*/x', '/a/b/y', '/*/b/z'],
      { a: { b: { x: 1, y: 2, z: 3 }, c: { x: 4, y: 5, z: 6 } }, d: { b: { z: 7 } } },
      { '/a/b/x': 1, '/a/b/y': 2, '/a/b/z': 3, '/a/c/x': 4, '/d/b/z': 7 },
    ],
    ['under names that need an escape', ['/a~1b/*'], { 'a/b': { 'c~d': 1 } }, { '/a~1b/c~0d': 1 }],
  ])('%s', (_how, pointers, value, expected) => {
    expect(fieldsOf(pointers, value)).toEqual(expected)
  })

  it('in the plugins of every kind, and in their metadata', () => {
    const value = { plugins: { auth: { key: 1 }, other: { key: 2 } }, key: 3 }
    expect(fieldsOf(['/key'], value, { kind: 'unknown' })).toEqual({ '/plugins/auth/key': 1 })
    expect(fieldsOf(['/key'], value)).toEqual({ '/plugins/auth/key': 1, '/key': 3 })
    expect(fieldsOf(['/key'], { key: 4 }, { kind: 'plugin_metadata', id: 'auth' })).toEqual({ '/key': 4 })
    expect(fieldsOf(['/key'], { key: 4 }, { kind: 'plugin_metadata', id: 'other' })).toEqual({})
  })

  it('only where a value really has them', () => {
    expect(fieldsOf(['/__proto__/a', '/constructor/name', '/length'], { a: 1 })).toEqual({})
    expect(fieldsOf(['/__proto__'], JSON.parse('{"__proto__":1}'))).toEqual({ '/__proto__': 1 })
    for (const value of [null, true, 1, 'text', []]) expect(fieldsOf(['/a', '/a/*/b'], value)).toEqual({})
  })
})

describe('replacing', () => {
  const replace = fieldReplacer({ kinds: { routes: ['/a/*/b', '/__proto__'] }, plugins: {} })

  it('copies what is around a field and nothing else', () => {
    const value = { a: [{ b: 1 }, { c: 2 }], d: { e: 3 } }
    const entry = { kind: 'routes', id: '1', value }
    const replaced = replace(entry, () => 'x')
    expect(replaced).toEqual({ kind: 'routes', id: '1', value: { a: [{ b: 'x' }, { c: 2 }], d: { e: 3 } } })
    expect(value).toEqual({ a: [{ b: 1 }, { c: 2 }], d: { e: 3 } })
    expect(replaced.value).toHaveProperty('d', value.d)
    expect(replace(entry, (field) => field)).toBe(entry)
  })

  it('keeps a member that is named like a prototype a member', () => {
    const replaced = replace({ kind: 'routes', id: '1', value: JSON.parse('{"__proto__":1,"x":2}') }, () => ({ y: 3 }))
    expect(JSON.stringify(replaced.value)).toBe('{"__proto__":{"y":3},"x":2}')
  })

  it('refuses a list that holds no JSON pointers', () => {
    expect(() => fieldReplacer({ kinds: { routes: ['a/b'] }, plugins: {} })).toThrow(TypeError)
  })
})

describe('extendSensitiveFields', () => {
  it('unites both lists and leaves them as they are', () => {
    const base = { kinds: { a: ['/x'] }, plugins: { p: ['/x'] } }
    const extended = extendSensitiveFields(base, {
      kinds: { a: ['/y'], b: ['/z'] },
      plugins: { q: ['/x'] },
      isReference: (text) => text === 'ref',
    })
    expect(extended).toMatchObject({ kinds: { a: ['/x', '/y'], b: ['/z'] }, plugins: { p: ['/x'], q: ['/x'] } })
    expect(base).toEqual({ kinds: { a: ['/x'] }, plugins: { p: ['/x'] } })
    const again = extendSensitiveFields(extended, { isReference: (text) => text === 'other' })
    expect(['ref', 'other', 'x'].map((text) => again.isReference?.(text))).toEqual([true, true, false])
  })
})
