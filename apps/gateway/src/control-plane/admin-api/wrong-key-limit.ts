import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'

import { RateLimiterMemory } from 'rate-limiter-flexible'

import { AdminError } from './admin-error.ts'

/** How many different wrong keys one address may try in `windowSeconds`. */
const maximumWrongKeys = 10
const windowSeconds = 60

export interface WrongKeyLimit {
  /** Throws 429 while the address has tried too many, whatever it presents now. */
  requireFew: (address: string) => Promise<void>
  /** Counts a wrong key. The same one again is no guess: a client with an old key locks nobody out. */
  note: (address: string, key: string) => Promise<void>
}

/** Keeps strangers from trying keys until one fits. An IPv6 address counts as its /64, which is what one customer has. */
export function wrongKeyLimit(): WrongKeyLimit {
  const wrongKeys = new RateLimiterMemory({ points: maximumWrongKeys, duration: windowSeconds })
  const repeated = new RateLimiterMemory({ points: 1, duration: windowSeconds })
  return {
    async requireFew(address) {
      const state = await wrongKeys.get(networkOf(address))
      if (state !== null && state.consumedPoints >= maximumWrongKeys) {
        const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
        throw new AdminError(429, { error_msg: 'too many wrong keys' }, { 'retry-after': String(seconds) })
      }
    },
    async note(address, key) {
      const network = networkOf(address)
      const digest = createHash('sha256').update(key).digest('base64')
      if (await consume(repeated, `${network} ${digest}`)) {
        await consume(wrongKeys, network)
      }
    },
  }
}

/** Whether there was something left. The library rejects with its state when there was not, and with an error otherwise. */
async function consume(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key)
    return true
  } catch (error) {
    if (error instanceof Error) {
      throw error
    }
    return false
  }
}

function networkOf(address: string): string {
  if (!isIPv6(address) || address.toLowerCase().startsWith('::ffff:')) {
    return address
  }
  const [left = '', right] = address.split('::')
  const groups = left.split(':').filter((group) => group !== '')
  const rest = right === undefined ? [] : right.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
