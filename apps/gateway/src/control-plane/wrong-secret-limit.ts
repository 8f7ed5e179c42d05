import { isIPv6 } from 'node:net'

import { RateLimiterMemory } from 'rate-limiter-flexible'

import { sha256 } from './secret-list.ts'

/** How many different wrong secrets one address may try in `windowSeconds`. */
const maximumWrongSecrets = 10
const windowSeconds = 60

export interface WrongSecretLimit {
  /** For how many more seconds the address is refused because it has tried too many; `undefined` when it is not. */
  secondsRefused: (address: string) => Promise<number | undefined>
  /** Counts a wrong secret. The same one again is no guess: a client with an old one locks nobody out. */
  note: (address: string, secret: string) => Promise<void>
}

/**
 * Keeps strangers from trying keys or tokens until one fits. An IPv6 address counts as its /64, which is what one customer
 * has.
 */
export function wrongSecretLimit(): WrongSecretLimit {
  const wrongSecrets = new RateLimiterMemory({ points: maximumWrongSecrets, duration: windowSeconds })
  const repeated = new RateLimiterMemory({ points: 1, duration: windowSeconds })
  return {
    async secondsRefused(address) {
      const state = await wrongSecrets.get(networkOf(address))
      if (state === null || state.consumedPoints < maximumWrongSecrets) {
        return undefined
      }
      return Math.max(1, Math.ceil(state.msBeforeNext / 1000))
    },
    async note(address, secret) {
      const network = networkOf(address)
      const digest = sha256(secret).toString('base64')
      if (await consume(repeated, `${network} ${digest}`)) {
        await consume(wrongSecrets, network)
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
