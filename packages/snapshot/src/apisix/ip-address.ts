import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'

/** An IPv4 or IPv6 address, or a range of them in CIDR notation. */
export const ipAddress: z.ZodType<string> = z
  .string()
  .refine((text) => isAddressOrRange(text), { error: 'is no address or address range' })

function isAddressOrRange(text: string): boolean {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const prefix = slash === -1 ? '0' : text.slice(slash + 1)
  // A zone, which Node's check allows, means nothing to a matcher.
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1
  return /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= bits
}
