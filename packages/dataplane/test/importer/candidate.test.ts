import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareOffers, knownEpochs, newestOffer, settledPosition, type Offer } from '../../src/importer/candidate.ts'

const offer = (identity: string, epoch: number, revision: number, continues?: number): Offer => ({
  identity,
  position: { epoch, revision },
  continues,
  digest: 'd',
  empty: false,
})

const offers: fc.Arbitrary<Offer[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.nat({ max: 3 }),
      fc.nat({ max: 4 }),
      fc.option(fc.nat({ max: 3 }), { nil: undefined }),
    )
    .map(([identity, epoch, revision, continues]) => offer(identity, epoch, revision, continues)),
  { minLength: 1, maxLength: 8 },
)

describe('the order of offers', () => {
  it('is a total preorder over any set', () => {
    fc.assert(
      fc.property(offers, (all) => {
        const epochs = knownEpochs(all)
        const compare = (a: Offer, b: Offer): number => Math.sign(compareOffers(a, b, epochs))
        for (const a of all) {
          expect(compare(a, a)).toBe(0)
          for (const b of all) {
            expect(compare(a, b) + compare(b, a)).toBe(0)
            for (const c of all) {
              const chained = compare(a, b) <= 0 && compare(b, c) <= 0
              expect(!chained || compare(a, c) <= 0).toBe(true)
            }
          }
        }
      }),
    )
  })

  it('finds a newest offer that no other exceeds', () => {
    fc.assert(
      fc.property(offers, (all) => {
        const epochs = knownEpochs(all)
        const newest = newestOffer(all, epochs)
        expect(newest !== undefined && all.every((other) => compareOffers(newest, other, epochs) >= 0)).toBe(true)
      }),
    )
  })

  it('lets the revision decide between an unknown epoch and a known one of the same identity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.nat(), fc.nat(), (epoch, left, right) => {
        const live = offer('a', 0, left)
        const stored = offer('a', epoch, right)
        expect(Math.sign(compareOffers(live, stored, knownEpochs([live, stored])))).toBe(Math.sign(left - right))
      }),
    )
  })

  it('puts an unknown epoch below every known one of another identity', () => {
    const live = offer('a', 0, 1_000_000)
    const stored = offer('b', 1, 1)
    expect(compareOffers(live, stored, knownEpochs([live, stored]))).toBeLessThan(0)
  })

  it('puts a lineage after the one that it took over from, and at its own epoch once that is known', () => {
    const live = offer('b', 0, 2, 1_000)
    const before = offer('a', 1_000, 900)
    expect(compareOffers(live, before, knownEpochs([live, before]))).toBeGreaterThan(0)
    expect(settledPosition(live, knownEpochs([live, offer('b', 5_000, 1)]))).toEqual({ epoch: 5_000, revision: 2 })
  })
})
