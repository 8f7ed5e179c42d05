import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import type { Entry, JsonValue } from '../../src/entries/entry.ts'
import { formatEncryptedValue } from '../../src/keyring/encrypted-value.ts'
import { fieldCipher, type FieldCipher } from '../../src/keyring/field-cipher.ts'
import { fieldKeyring } from '../../src/keyring/field-keyring.ts'
import { needsKeys } from '../../src/keyring/needs-keys.ts'
import { entries, jsonValues } from '../arbitraries.ts'

const oldKey = 'sixteen-byte-key'
const newKey = 'a key that is thirty-two bytes..'
const sensitive = {
  kinds: { routes: ['/secret', '/list/*', '/whole'], services: [''] },
  plugins: { auth: ['/key'] },
  isReference: (text: string) => text.startsWith('$env://'),
}

function cipherWith(keys: readonly string[], group = 'default'): FieldCipher {
  return fieldCipher({ group, keyring: fieldKeyring(keys), sensitive })
}

function route(value: JsonValue, id = '1'): Entry {
  return { kind: 'routes', id, value }
}

/** The text at `secret` of a protected route. */
function encrypted(secret: JsonValue, keys: readonly string[] = [oldKey], id = '1'): string {
  const { value } = cipherWith(keys).protect(route({ secret }, id))
  return JSON.parse(JSON.stringify(value)).secret
}

function keyIdOf(key: string): string {
  return fieldKeyring([key]).keyIds.join()
}

const oldId = keyIdOf(oldKey)
const newId = keyIdOf(newKey)

describe('a protected entry', () => {
  it('holds no secret, and everything else', () => {
    const value = {
      uri: '/',
      secret: 'hidden-a',
      list: ['hidden-b'],
      whole: { x: 'hidden-c' },
      labels: { secret: 'shown' },
    }
    const entry = cipherWith([oldKey]).protect(route({ ...value, plugins: { auth: { key: 'hidden-d', on: true } } }))
    const text = canonicalJson(entry.value)
    expect(text).not.toContain('hidden')
    expect(entry.value).toMatchObject({ uri: '/', labels: { secret: 'shown' }, plugins: { auth: { on: true } } })
    expect(text.match(/\$outlast\$1\$/g)).toHaveLength(4)
  })

  it('has the ciphertext that the specification says', () => {
    // Made with another implementation of HKDF, HMAC and AES-GCM.
    const cipher = fieldCipher({
      group: 'default',
      keyring: fieldKeyring(['0123456789abcdef']),
      sensitive: { kinds: {}, plugins: { 'key-auth': ['/key'] } },
    })
    const entry = { kind: 'consumers', id: 'jack', value: { plugins: { 'key-auth': { key: 's\u00e9cret' } } } }
    const key = '$outlast$1$aabfa9473f680fe7$iBqND8HBSHMvl2niGeMfMQepBlvEllfLkPriGuVHMcyRJtuAVQ'
    expect(cipher.protect(entry).value).toEqual({ plugins: { 'key-auth': { key } } })
  })

  it('is revealed as it was, whatever it holds', () => {
    const places = fc.record(
      { secret: jsonValues, list: jsonValues, whole: jsonValues, other: jsonValues },
      { requiredKeys: [] },
    )
    const anyEntries = fc.tuple(entries, places).map(([list, value]) => [...list, route(value, 'places')])
    const cipher = cipherWith([newKey, oldKey])
    fc.assert(
      fc.property(anyEntries, (list) => {
        for (const entry of list) {
          const { entry: revealed, failures } = cipher.reveal(cipher.protect(entry))
          expect(canonicalJson(revealed.value)).toBe(canonicalJson(entry.value))
          expect(failures).toEqual([])
        }
      }),
    )
  })

  it('is revealed wherever its values stand, whatever the list of the reader says', () => {
    const value = { secret: ['a', { b: 1 }], list: ['c', 2, null], whole: { d: [] }, plugins: { auth: { key: 'e' } } }
    const reader = fieldCipher({
      group: 'default',
      keyring: fieldKeyring([oldKey]),
      sensitive: { kinds: {}, plugins: {} },
    })
    const hidden = cipherWith([oldKey]).protect(route(value))
    const before = structuredClone(hidden)
    expect(reader.reveal(hidden)).toEqual({ entry: route(value), failures: [] })
    expect(hidden).toEqual(before)
  })

  it('is the same every time, and for the members in any order', () => {
    const cipher = cipherWith([oldKey])
    const one = cipher.protect(route({ secret: { a: 1, b: 2 } }))
    const other = cipherWith([oldKey]).protect(route({ secret: { b: 2, a: 1 } }))
    expect(one).toEqual(other)
    expect(encrypted('a')).not.toBe(encrypted('b'))
  })

  it('is the very same one where there is nothing to do', () => {
    const cipher = cipherWith([oldKey])
    const plain = route({ uri: '/', secret: null, list: [true], plugins: { other: { key: 'k' } } })
    expect(cipher.protect(plain)).toBe(plain)
    expect(cipher.reveal(plain).entry).toBe(plain)
    const secret = cipher.protect(route({ secret: 's' }))
    expect(cipher.protect(secret)).toBe(secret)
    const keyless = route({ secret: 's' })
    expect(cipherWith([]).protect(keyless)).toBe(keyless)
    expect(cipherWith([]).protect(secret)).toBe(secret)
  })

  it('keeps references in clear', () => {
    const reference = route({ secret: '$env://SECRET', list: ['$env://OTHER', 's'] })
    expect(cipherWith([oldKey]).protect(reference).value).toMatchObject({
      secret: '$env://SECRET',
      list: ['$env://OTHER', expect.stringContaining('$outlast$')],
    })
  })

  it('keeps texts that merely look encrypted', () => {
    const cipher = cipherWith([oldKey])
    for (const secret of [
      encrypted('s', [newKey]),
      encrypted('s', [oldKey], 'another-route'),
      formatEncryptedValue({ keyId: oldId, sealed: Buffer.alloc(40) }),
      '$outlast$1$',
      '$outlast$2$0123456789abcdef$AAAA',
    ]) {
      const lookalike = route({ secret, whole: { inner: secret } })
      const hidden = cipher.protect(lookalike)
      expect(canonicalJson(hidden.value)).not.toContain(canonicalJson(secret))
      expect(cipher.reveal(hidden)).toEqual({ entry: lookalike, failures: [] })
    }
  })

  it('folds in what was encrypted inside a field that is now encrypted as a whole', () => {
    const narrow = { kinds: { routes: ['/whole/inner'] }, plugins: {} }
    const keyring = fieldKeyring([oldKey])
    const before = fieldCipher({ group: 'default', keyring, sensitive: narrow }).protect(
      route({ whole: { inner: 's' } }),
    )
    const after = cipherWith([newKey, oldKey]).protect(before)
    expect(cipherWith([newKey]).reveal(after)).toEqual({ entry: route({ whole: { inner: 's' } }), failures: [] })
  })
})

describe('a ciphertext is bound to its place', () => {
  const secret = encrypted('s')

  it.each<[string, Entry, string, string?]>([
    ['id', route({ secret }, '2'), '/secret'],
    ['kind', { kind: 'upstreams', id: '1', value: { secret } }, '/secret'],
    ['field', route({ list: [secret] }), '/list/0'],
    ['group', route({ secret }), '/secret', 'another'],
  ])('so it is damaged under another %s', (_what, moved, path, group) => {
    const { entry, failures } = cipherWith([oldKey], group).reveal(moved)
    expect(entry).toBe(moved)
    expect(failures).toEqual([{ path, keyId: oldId, reason: 'damaged' }])
  })

  it('so no other split of the names makes the same place', () => {
    const keyring = fieldKeyring([oldKey])
    const anywhere = { kinds: { a: ['/b/c'], 'a","b': ['/c'] }, plugins: {} }
    const cipher = fieldCipher({ group: 'g', keyring, sensitive: anywhere })
    const { value } = cipher.protect({ kind: 'a', id: 'b', value: { b: { c: 's' } } })
    expect(cipher.reveal({ kind: 'a","b', id: 'b', value }).failures).toHaveLength(1)
  })

  it('and every changed character is noticed', () => {
    const cipher = cipherWith([oldKey])
    for (let index = '$outlast$1$'.length; index < secret.length; index += 1) {
      for (const character of ['A', 'B', '0', '1', '_', '$', '\u00e9']) {
        if (secret[index] === character) continue
        const changed = route({ secret: secret.slice(0, index) + character + secret.slice(index + 1) })
        const { entry, failures } = cipher.reveal(changed)
        expect(entry).toBe(changed)
        expect(failures).toHaveLength(1)
      }
    }
    const shortened = cipher.reveal(route({ secret: secret.slice(0, 40) }))
    expect(shortened.failures).toEqual([{ path: '/secret', keyId: undefined, reason: 'damaged' }])
  })

  it('and every changed bit is damage', () => {
    const sealed = Buffer.from(secret.slice(28), 'base64url')
    for (let bit = 0; bit < sealed.byteLength * 8; bit += 1) {
      const other = Buffer.from(sealed)
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = formatEncryptedValue({ keyId: oldId, sealed: other })
      expect(cipherWith([oldKey]).reveal(route({ secret: text })).failures).toEqual([
        { path: '/secret', keyId: oldId, reason: 'damaged' },
      ])
    }
  })
})

describe('when keys are rotated', () => {
  const before = [route({ secret: 'a' }), route({ secret: 'b' }, '2')]
  const protectedBefore = before.map((entry) => cipherWith([oldKey]).protect(entry))

  it('a new key at the end changes no ciphertext', () => {
    const cipher = cipherWith([oldKey, newKey])
    expect(before.map((entry) => cipher.protect(entry))).toEqual(protectedBefore)
  })

  it('a new key at the front encrypts, and the old one still decrypts', () => {
    const cipher = cipherWith([newKey, oldKey])
    expect(protectedBefore.map((entry) => cipher.reveal(entry).entry)).toEqual(before)
    const after = before.map((entry) => cipher.protect(entry))
    expect(protectedBefore.map((entry) => cipher.protect(entry))).toEqual(after)
    expect(needsKeys(protectedBefore)).toEqual([oldId])
    expect(needsKeys([...protectedBefore.slice(1), ...after.slice(0, 1)])).toEqual(
      oldId < newId ? [oldId, newId] : [newId, oldId],
    )
    expect(needsKeys(after)).toEqual([newId])
  })

  it('what needs a dropped key is told, and the rest is revealed', () => {
    const [entry] = protectedBefore
    const mixed = route({ ...Object(entry?.value), list: ['$outlast$1$', 's'] })
    expect(cipherWith([newKey]).reveal(mixed)).toEqual({
      entry: mixed,
      failures: [
        { path: '/secret', keyId: oldId, reason: 'missing-key' },
        { path: '/list/0', keyId: undefined, reason: 'damaged' },
      ],
    })
    const { value } = cipherWith([newKey]).protect(route({ list: ['s'] }))
    const both = route({ ...Object(entry?.value), ...Object(value) })
    expect(cipherWith([newKey]).reveal(both).entry.value).toEqual({ ...Object(entry?.value), list: ['s'] })
    expect(
      cipherWith([])
        .reveal(both)
        .failures.map(({ reason }) => reason),
    ).toEqual(['missing-key', 'missing-key'])
  })
})

describe('whatever an entry holds, nothing is thrown', () => {
  it.each<[string, JsonValue]>([
    ['a number that is not finite', Number.POSITIVE_INFINITY],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate in a name', { 'a\ud800': 1 }],
  ])('%s stays, as no snapshot can hold it', (_what, secret) => {
    const entry = route({ secret })
    expect(cipherWith([oldKey]).protect(entry)).toBe(entry)
    expect(cipherWith([oldKey]).reveal(entry)).toEqual({ entry, failures: [] })
  })

  it('an entry whose id no snapshot can hold stays too', () => {
    const entry = route({ secret: 's' }, '\ud800')
    expect(cipherWith([oldKey]).protect(entry)).toBe(entry)
    expect(cipherWith([oldKey]).reveal(route({ secret: encrypted('s') }, '\ud800')).failures).toHaveLength(1)
  })

  it('nor is it by values that are nested deeper than a stack is', () => {
    const cipher = cipherWith([oldKey])
    const secret = encrypted('s')
    const deep = JSON.parse(`${'['.repeat(100_000)}${JSON.stringify(secret)}${']'.repeat(100_000)}`)
    const entry = route({ deep, secret: deep })
    expect(cipher.protect(entry)).toBe(entry)
    const { failures } = cipher.reveal(entry)
    expect(failures.map(({ path }) => path)).toEqual([`/deep${'/0'.repeat(100_000)}`, `/secret${'/0'.repeat(100_000)}`])
    expect(needsKeys([entry])).toEqual([oldId])
    const revealed = cipher.reveal(route({ deep, secret }))
    expect(revealed.entry.value).toHaveProperty('secret', 's')
  })
})

describe('a member that is undefined', () => {
  it('hides nothing beside it, as it is left out of every snapshot', () => {
    const value = { first: encrypted('s') }
    Reflect.set(value, 'last', undefined)
    expect(needsKeys([route(value)])).toEqual([oldId])
    expect(cipherWith([oldKey]).reveal(route({ secret: encrypted('s'), ...value })).entry.value).toMatchObject({
      secret: 's',
    })
  })
})

describe('a keyring', () => {
  it('encrypts with its first key, and knows each key once', () => {
    const keyring = fieldKeyring([newKey, oldKey, newKey])
    expect(keyring.keyIds).toEqual([newId, oldId])
    expect(keyring.primary?.id).toBe(newId)
    expect(keyring.find(oldId)?.id).toBe(oldId)
    expect(keyring.find('0000000000000000')).toBeUndefined()
    expect(fieldKeyring([]).primary).toBeUndefined()
  })

  it('takes 16 or 32 bytes, and never quotes a key that it refuses', () => {
    expect(fieldKeyring(['\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9']).keyIds).toHaveLength(1)
    for (const key of ['fifteen bytes..', 'sixteen chars.\u00e9\u00e9']) {
      expect(() => fieldKeyring([oldKey, key])).toThrow(TypeError)
      expect(() => fieldKeyring([oldKey, key])).not.toThrow(key)
    }
  })

  it('does not show its keys', () => {
    expect(JSON.stringify(fieldKeyring([oldKey]))).not.toContain(oldKey)
  })
})
