import { describe, expect, it } from 'vitest'
import { fieldProtection, sensitiveFields } from '../../src/apisix/index.ts'
import { extendSensitiveFields, isSameProtection, type Entry } from '../../src/index.ts'

const [first, second] = ['the first 16 ch.', 'another 16 chars']
const [wellKnown, alsoWellKnown] = ['qeddd145sfvddff3', 'edd1c9f0985e76a2']
const consumer: Entry = { kind: 'consumers', id: 'ada', value: { plugins: { 'key-auth': { key: 'my-key' } } } }

function keyring(...keys: readonly string[]): readonly Entry[] {
  return [{ kind: 'keyring', id: '1', value: { keyring: keys } }]
}

describe('the protection that an instance configuration asks for', () => {
  const protectionOf = fieldProtection({ group: 'default' })

  it('encrypts with its keyring, and decrypts what that has encrypted', () => {
    const protection = protectionOf(keyring(first, second))
    const hidden = protection.protect(consumer)
    expect(JSON.stringify(hidden)).toContain(`$outlast$1$${protection.keyIds[0]}$`)
    expect(protection.reveal(hidden)).toEqual({ entry: consumer, failures: [] })
    expect(protection.warning).toBeUndefined()
  })

  it('is the same with the same keys in the same order, whatever else there is', () => {
    const others: readonly Entry[] = [{ kind: 'discovery', id: 'dns', value: {} }]
    expect(isSameProtection(protectionOf(keyring(first)), protectionOf([...others, ...keyring(first)]))).toBe(true)
    for (const keys of [[second], [second, first], [first, second], []]) {
      expect(isSameProtection(protectionOf(keyring(first)), protectionOf(keyring(...keys)))).toBe(false)
    }
  })

  it('takes more fields for secret when it is told', () => {
    const sensitive = extendSensitiveFields(sensitiveFields, { kinds: { routes: ['/desc'] } })
    const route: Entry = { kind: 'routes', id: '1', value: { desc: 'a secret' } }
    expect(protectionOf(keyring(first)).protect(route)).toBe(route)
    const extended = fieldProtection({ group: 'default', sensitive })(keyring(first))
    expect(JSON.stringify(extended.protect(route))).not.toContain('a secret')
  })

  it.each([
    [[], 'secrets are stored in clear: the group has no keyring'],
    [
      [wellKnown, first],
      /^secrets are encrypted with a key that every APISIX comes with \(\w{16}\), which protects nothing$/,
    ],
    [[first, alsoWellKnown], /^the group's keyring still holds keys that every APISIX comes with \(\w{16}\)/],
  ])('warns of a keyring that protects less than one may think: %j', (keys, warning) => {
    const told = protectionOf(keyring(...keys)).warning
    expect(told).toMatch(warning)
    for (const key of keys) expect(told).not.toContain(key)
  })
})
