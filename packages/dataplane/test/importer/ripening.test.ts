import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ripening } from '../../src/importer/ripening.ts'

describe('what waits to be old enough', () => {
  it('is a few at most, a spacing apart but for the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 100 }), (pauses) => {
        const ripening = new Ripening<number>()
        const [delayMs, spacingMs] = [1_000, 250]
        let now = 0
        for (const [index, pause] of pauses.entries()) {
          now += pause
          ripening.ripe(({ since }) => now - since >= delayMs)
          ripening.see({ item: index, key: String(index), since: now }, spacingMs)
          const times = ripening.waiting.map(({ since }) => since)
          expect(times.at(-1)).toBe(now)
          expect(times.length).toBeLessThanOrEqual(delayMs / spacingMs + 2)
          const apart = times.slice(1, -1).map((time, place) => time - (times[place] ?? 0))
          expect(Math.min(...apart, spacingMs)).toBe(spacingMs)
        }
      }),
    )
  })

  it('waits since it was first told, and is what was told last', () => {
    const ripening = new Ripening<string>()
    for (const since of [1, 2, 3]) ripening.see({ item: `told at ${since}`, key: 'same', since }, 0)
    expect(ripening.waiting).toEqual([{ item: 'told at 3', key: 'same', since: 1 }])
  })

  it('leaves out what waits no longer than something newer, so that it can never be the newest that is old enough', () => {
    const ripening = new Ripening<string>()
    for (const [key, since] of [
      ['a', 0],
      ['bad', 5],
      ['a', 0],
      ['c', 10],
    ] as const)
      ripening.see({ item: key, key, since }, 0)
    expect(ripening.waiting.map(({ item }) => item)).toEqual(['a', 'c'])
  })

  it('does not wait for ever when the clock was set back, whether something new comes or not', () => {
    const [delayMs, spacingMs, dayMs] = [1_000, 250, 86_400_000]
    for (const isNew of [false, true]) {
      const ripening = new Ripening<number>()
      ripening.see({ item: 0, key: '0', since: 10 * dayMs }, spacingMs)
      let ripe: number | undefined
      for (let now = 0; now <= 2 * delayMs; now += 100) {
        ripening.see({ item: now, key: isNew ? String(now) : '0', since: now }, spacingMs)
        ripe = ripening.ripe(({ since }) => now - since >= delayMs)
      }
      expect(ripe).toBeDefined()
    }
  })

  it('gives way to the newest that need not wait, and to nothing older again', () => {
    const ripening = new Ripening<string>()
    for (const [since, item] of ['a', 'b', 'c'].entries()) ripening.see({ item, key: item, since }, 0)
    expect(ripening.ripe(() => false)).toBeUndefined()
    expect(ripening.ripe(({ item }) => item === 'b')).toBe('b')
    expect(ripening.ripe(({ item }) => item === 'a')).toBe('b')
    expect(ripening.waiting.map(({ item }) => item)).toEqual(['c'])
    ripening.clear()
    expect(ripening.ripe(() => true)).toBeUndefined()
  })
})
