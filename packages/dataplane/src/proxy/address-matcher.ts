import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Tells whether an address is one of those listed. */
export type AddressMatcher = (address: string) => boolean

/** Addresses and CIDR blocks, v4 and v6; bits behind the prefix length are ignored. Throws a `TypeError` for anything else. */
export function addressMatcher(addresses: readonly string[]): AddressMatcher {
  // Networks by how long their prefix is. Node's own list takes ten times as long to ask, and memory outside of the heap.
  const networks = new Map<number, Set<number>>()
  let version6: BlockList | undefined
  for (const text of addresses) {
    const [address = '', prefix, ...rest] = text.split('/')
    if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) throw invalidAddress()
    if (isIPv4(address)) {
      const length = prefixLength(prefix, 32)
      const known = networks.get(length)
      const network = networkOf(toNumber(address), length)
      if (known === undefined) networks.set(length, new Set([network]))
      else known.add(network)
    } else if (isIPv6(address)) {
      version6 ??= new BlockList()
      version6.addSubnet(address, prefixLength(prefix, 128), 'ipv6')
    } else {
      throw invalidAddress()
    }
  }
  if (networks.size === 0 && version6 === undefined) return () => false
  return (address) => {
    const plain = plainAddress(address)
    if (!isIPv4(plain)) return version6 !== undefined && isIPv6(plain) && version6.check(withoutZone(plain), 'ipv6')
    const asNumber = toNumber(plain)
    for (const [length, known] of networks) if (known.has(networkOf(asNumber, length))) return true
    return false
  }
}

/** An IPv4 address that a dual-stack socket reports as IPv6, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

/** A socket names the interface of a link-local address. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

function prefixLength(prefix: string | undefined, longest: number): number {
  const length = prefix === undefined ? longest : Number(prefix)
  if (length > longest) throw invalidAddress()
  return length
}

/** The 32 bits of an IPv4 address. */
function toNumber(address: string): number {
  let bits = 0
  for (const part of address.split('.')) bits = (bits << 8) | Number(part)
  return bits
}

function networkOf(address: number, length: number): number {
  return length === 0 ? 0 : address >> (32 - length)
}

function invalidAddress(): TypeError {
  return new TypeError('an address is neither IPv4 nor IPv6')
}
