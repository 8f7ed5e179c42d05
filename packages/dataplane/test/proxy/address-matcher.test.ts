import { BlockList } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressMatcher } from '../../src/proxy/address-matcher.ts'

const part = fc.constantFrom(0, 1, 9, 10, 127, 128, 192, 255)
const address = fc.tuple(part, part, part, part).map((parts) => parts.join('.'))

describe('a list of addresses', () => {
  it('takes IPv4 addresses as the list of Node.js does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: 0, max: 32 })), { maxLength: 4 }),
        fc.array(address, { minLength: 10, maxLength: 10 }),
        (blocks, asked) => {
          const list = new BlockList()
          for (const [network, prefix] of blocks) list.addSubnet(network, prefix, 'ipv4')
          const matches = addressMatcher(blocks.map(([network, prefix]) => `${network}/${prefix}`))
          for (const each of asked) expect(matches(each)).toBe(list.check(each, 'ipv4'))
        },
      ),
    )
  })

  for (const [listed, asked, expected] of [
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['fe80::/32', 'fe80::1', true],
    ['fe80::/32', 'fe80::1%eth0', true],
    ['::1', '::2', false],
    ['::/0', '10.1.2.3', false],
    ['0.0.0.0/0', '::1', false],
    ['0.0.0.0/0', 'unix:', false],
  ] as const) {
    it(`of ${listed} ${expected ? 'has' : 'does not have'} ${asked}`, () => {
      expect(addressMatcher([listed])(asked)).toBe(expected)
    })
  }

  for (const wrong of ['', 'a.test', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129']) {
    it(`cannot have ${JSON.stringify(wrong)} in it`, () => {
      expect(() => addressMatcher([wrong])).toThrow('neither IPv4 nor IPv6')
    })
  }
})
