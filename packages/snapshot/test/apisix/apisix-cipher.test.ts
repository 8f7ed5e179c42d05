import { createCipheriv } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apisixCipher } from '../../src/apisix/apisix-cipher.ts'
import { encryptFields } from '../../src/apisix/encrypt-fields.ts'
import type { Entry, JsonValue } from '../../src/entries/entry.ts'

const first = 'qeddd145sfvddff3'
const second = 'edd1c9f0985e76a2'
const long = '0123456789abcdef0123456789abcdef'
const pem = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----'

function consumer(plugins: JsonValue): Entry {
  return { kind: 'consumers', id: 'jack', value: { username: 'jack', plugins } }
}

describe("APISIX's own encryption", () => {
  // The first is from apisix/t/node/data_encrypt.t; the others were made with OpenSSL.
  it.each([
    [second, 'bar', '77+NmbYqNfN+oLm0aX5akg=='],
    [first, 'secret1', 'g0U0MBiYfMwgWdUMY9dbxQ=='],
    [long, 'bar', 'uBc7sek0/cvB+eSxbdsxeA=='],
  ])('with %s makes of %s what APISIX makes of it', (key, password, ciphertext) => {
    const clear = consumer({ 'basic-auth': { username: 'foo', password } })
    const encrypted = consumer({ 'basic-auth': { username: 'foo', password: ciphertext } })
    const cipher = apisixCipher([key])
    expect(cipher.encrypt(clear)).toEqual(encrypted)
    expect(cipher.decrypt(encrypted)).toEqual(clear)
  })

  it('decrypts with every key, and encrypts with the first', () => {
    const old = apisixCipher([second]).encrypt(consumer({ 'key-auth': { key: 'k' } }))
    const cipher = apisixCipher([first, second])
    expect(cipher.decrypt(old)).toEqual(consumer({ 'key-auth': { key: 'k' } }))
    expect(cipher.encrypt(old)).toEqual(apisixCipher([first]).encrypt(consumer({ 'key-auth': { key: 'k' } })))
  })

  it('is undone and repeated without loss', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        fc.pre(key.isWellFormed())
        const clear = consumer({ 'key-auth': { key } })
        const cipher = apisixCipher([long, first])
        const encrypted = cipher.encrypt(clear)
        expect(encrypted).not.toEqual(clear)
        expect(cipher.decrypt(encrypted)).toEqual(clear)
        expect(cipher.encrypt(encrypted)).toEqual(encrypted)
      }),
    )
  })

  it.each<[string, JsonValue]>([
    ['nothing', ''],
    ['no base64', 'in clear'],
    ['part of a block', 'AAAA'],
    ['another key', 'uBc7sek0/cvB+eSxbdsxeA=='],
    ['base64 of something else', 'a'.repeat(64)],
    ['a number', 7],
    ['an object', { key: 'g0U0MBiYfMwgWdUMY9dbxQ==' }],
  ])('leaves what it cannot decrypt: %s', (_what, password) => {
    const entry = consumer({ 'basic-auth': { password }, 'limit-count': password })
    expect(apisixCipher([first, second]).decrypt(entry)).toBe(entry)
  })

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0xff, ...Array<number>(15).fill(15)])],
    ['padding of different bytes', Buffer.from('abcdefghijklm\u0001\u0001\u0003')],
    ['no padding', Buffer.from('abcdefghijklmno\u0000')],
    ['more padding than there can be', Buffer.from('\u0011'.repeat(32))],
  ])('does not take for a text what would decrypt to %s', (_what, block) => {
    const cbc = createCipheriv('aes-128-cbc', first, first).setAutoPadding(false)
    const key = Buffer.concat([cbc.update(block), cbc.final()]).toString('base64')
    const entry = consumer({ 'key-auth': { key } })
    expect(apisixCipher([first]).decrypt(entry)).toBe(entry)
  })

  it('takes private keys that begin like PEM for clear, and all others for encrypted', () => {
    const cipher = apisixCipher([second])
    const clear = { kind: 'ssls', id: '1', value: { cert: 'c', key: pem, keys: [pem, 'no PEM'] } }
    const encrypted = cipher.encrypt(clear)
    expect(encrypted.value).toEqual({
      cert: 'c',
      key: expect.not.stringContaining('-'),
      keys: [expect.not.stringContaining('-'), 'no PEM'],
    })
    expect(cipher.decrypt(encrypted)).toEqual(clear)
    expect(cipher.decrypt(clear)).toBe(clear)
  })

  it.each([
    ['upstreams', { tls: { client_key: pem } }],
    ['routes', { upstream: { tls: { client_key: pem } } }],
    ['services', { upstream: { tls: { client_key: pem } } }],
    ['stream_routes', { upstream: { tls: { client_key: pem } } }],
  ])('covers client keys of %s', (kind, value) => {
    const cipher = apisixCipher([second])
    const encrypted = cipher.encrypt({ kind, id: '1', value })
    expect(JSON.stringify(encrypted)).not.toContain('PRIVATE')
    expect(cipher.decrypt(encrypted)).toEqual({ kind, id: '1', value })
  })

  it('keeps references in clear', () => {
    const entry = consumer({
      'key-auth': { key: '$secret://vault/1/key' },
      'jwt-auth': { key: 'k', secret: '$ENV://SECRET' },
    })
    expect(apisixCipher([first]).encrypt(entry)).toBe(entry)
  })

  it('encrypts only what every version decrypts, unless it is told more', () => {
    const route = { kind: 'routes', id: '1', value: { plugins: { 'limit-count': { redis_password: 's' } } } }
    expect(apisixCipher([first]).encrypt(route)).toBe(route)
    const encrypted = apisixCipher([first], { encrypted: encryptFields }).encrypt(route)
    expect(encrypted).not.toEqual(route)
    expect(apisixCipher([first]).decrypt(encrypted)).toEqual(route)
  })

  it('changes nothing without keys, and refuses impossible ones without quoting them', () => {
    const entry = consumer({ 'key-auth': { key: 'k' } })
    expect(apisixCipher([]).encrypt(entry)).toBe(entry)
    expect(apisixCipher([]).decrypt(entry)).toBe(entry)
    expect(() => apisixCipher(['too short'])).toThrow(TypeError)
    expect(() => apisixCipher(['too short'])).not.toThrow('too short')
  })
})
