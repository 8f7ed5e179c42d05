import { BlockList, isIP } from 'node:net'

/** Tells whether an address is one of those listed. */
export type AddressMatcher = (address: string) => boolean

/** Addresses and CIDR blocks, v4 and v6; bits behind the prefix length are ignored. Throws for anything else. */
export function addressMatcher(addresses: readonly string[]): AddressMatcher {
  const list = new BlockList()
  for (const text of addresses) {
    const [address = '', prefix] = text.split('/')
    const family = familyOf(address)
    if (family === undefined) throw new TypeError('an address is neither IPv4 nor IPv6')
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => {
    const plain = plainAddress(address)
    const family = familyOf(plain)
    return family !== undefined && list.check(plain, family)
  }
}

/** An IPv4 address that a dual-stack socket reports as IPv6, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}
