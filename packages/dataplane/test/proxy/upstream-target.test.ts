import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkUpstream, upstreamTarget } from '../../src/proxy/upstream-target.ts'

// Names and numbers that nearly are addresses.
const pieces = [
  'a',
  'B-1',
  '1',
  '255',
  '256',
  '0x7f',
  'xn--',
  'xn--a',
  '_',
  '-',
  '.',
  '..',
  ':',
  ':80',
  ':65536',
  '[',
  ']',
  '::1',
  '%',
  ' ',
]
const addresses = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4Extended(), fc.nat(70_000)).map(([host, port]) => `${host}:${port}`),
)

describe('the check of an upstream', () => {
  it('accepts a node if, and only if, a connection could be made to its address', () => {
    fc.assert(
      fc.property(addresses, fc.constantFrom('http', 'https'), (address, scheme) => {
        const upstream = { nodes: { [address]: 1 }, scheme } as const
        const canConnect = upstreamTarget(upstream).nodes.every(({ pool }) => URL.canParse(pool.origin))
        let isAccepted = true
        try {
          checkUpstream(upstream)
        } catch {
          isAccepted = false
        }
        expect(isAccepted).toBe(canConnect)
      }),
      { numRuns: 5_000 },
    )
  })
})
