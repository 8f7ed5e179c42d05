import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, fanoutFor } from '../../src/entries/fan-out.ts'

const kibibyte = 1024

describe('fanoutFor', () => {
  it.each([
    [0, 0, 1],
    [400, 0, 1],
    [401, 0, 4],
    [1600, 256 * kibibyte, 4],
    [10, 1025 * kibibyte, 16],
    [100_000, 0, 256],
    [1e9, 0, 16_384],
  ])('spreads %i entries of %i bytes over %i buckets', (entries, bytes, fanout) => {
    expect(fanoutFor({ entries, bytes })).toBe(fanout)
  })

  it('stays as it is while the load is neither far above nor far below', () => {
    expect(fanoutFor({ entries: 3200, bytes: 0, current: 4 })).toBe(4)
    expect(fanoutFor({ entries: 3201, bytes: 0, current: 4 })).toBe(16)
    expect(fanoutFor({ entries: 801, bytes: 0, current: 16 })).toBe(16)
    expect(fanoutFor({ entries: 800, bytes: 0, current: 16 })).toBe(4)
    expect(fanoutFor({ entries: 0, bytes: 0, current: 1 })).toBe(1)
  })

  it('never changes twice for the same content', () => {
    const load = { entries: fc.nat(1e7), bytes: fc.nat(2 ** 31 - 1), current: fc.constantFrom(1, 4, 16, 64, 16_384) }
    fc.assert(
      fc.property(fc.record(load), (before) => {
        const current = fanoutFor(before)
        expect(fanoutFor({ ...before, current })).toBe(current)
      }),
    )
  })
})

describe('bucketOf', () => {
  it('is the first 32 bits of SHA-256, modulo the fan-out', () => {
    // The digest of "routes/1" begins with 8efb0c2c.
    expect(bucketOf('routes/1', 1)).toBe(0)
    expect([4, 16, 256].map((fanout) => bucketOf('routes/1', fanout))).toEqual([0, 12, 44])
  })
})
