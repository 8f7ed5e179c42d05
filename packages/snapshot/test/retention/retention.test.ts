import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retentionRule, type Retention, type StayReason } from '../../src/retention/retention.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const noon = Date.UTC(2026, 0, 15, 12)

/** A snapshot is its time; its number is its place in the list, from the oldest to the newest. */
type Times = readonly number[]

/** Which places stay, and why. */
function staying(times: Times, retention: Retention, now: number): Map<number, StayReason> {
  const rule = retentionRule(retention, now)
  const stays = new Map<number, StayReason>()
  for (const [place, at] of [...times.entries()].toReversed()) {
    const reason = rule.judge(at)
    if (reason !== undefined) stays.set(place, reason)
  }
  return stays
}

function left(times: Times, retention: Retention, now: number): number[] {
  const stays = staying(times, retention, now)
  return times.filter((_at, place) => stays.has(place))
}

describe('what a retention keeps', () => {
  it('is the newest ones, then one a minute, then one an hour', () => {
    // One every twenty seconds for three days.
    const times = Array.from(
      { length: (3 * dayMs) / 20_000 },
      (_none, index) => noon - 3 * dayMs + (index + 1) * 20_000,
    )
    const retention = { newest: 5, minutelyHours: 2, hourlyDays: 2 }
    const counts = new Map<StayReason, number>()
    for (const reason of staying(times, retention, noon).values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    // Of 120 minutes three have their newest among the newest; of 48 hours two, and a third one among the minutes'.
    expect(Object.fromEntries(counts)).toEqual({ newest: 5, minutely: 117, hourly: 45 })
    expect(left(times, retention, noon)[0]).toBe(noon - 47 * hourMs + hourMs - 20_000)
  })

  it('is the newest ones alone where the other steps are switched off', () => {
    const times = [noon - 3, noon - 2, noon - 1, noon + dayMs, noon]
    expect([...staying(times, { newest: 2, minutelyHours: 0, hourlyDays: 0 }, noon).keys()]).toEqual([4, 3])
  })

  it('is one a minute for a day and one an hour for thirty days unless it says otherwise', () => {
    const times = [-31 * dayMs, -29 * dayMs, -25 * hourMs, -23 * hourMs - minuteMs, -23 * hourMs, 0].map(
      (ago) => noon + ago,
    )
    expect([...staying(times, { newest: 1 }, noon)]).toEqual([
      [5, 'newest'],
      [4, 'minutely'],
      [3, 'minutely'],
      [2, 'hourly'],
      [1, 'hourly'],
    ])
  })

  it.each([{ newest: 0 }, { newest: 1.5 }, { newest: 1, minutelyHours: -1 }, { newest: 1, hourlyDays: Number.NaN }])(
    'cannot be %j',
    (retention) => {
      expect(() => retentionRule(retention, noon)).toThrow(RangeError)
    },
  )
})

describe('a retention, whatever the clocks did,', () => {
  const retentions = fc.record({
    newest: fc.integer({ min: 1, max: 5 }),
    minutelyHours: fc.integer({ min: 0, max: 2 }),
    hourlyDays: fc.integer({ min: 0, max: 2 }),
  })
  // Dense enough that minutes and hours are shared, and in any order: clocks jump.
  const anyTimes = fc.array(
    fc.oneof(
      fc.integer({ min: noon - 10 * minuteMs, max: noon }),
      fc.integer({ min: noon - 3 * hourMs, max: noon + hourMs }),
      fc.integer({ min: noon - 4 * dayMs, max: noon + 4 * dayMs }),
      fc.constantFrom(0, noon, noon - hourMs),
    ),
    { maxLength: 60 },
  )
  const spans = fc.integer({ min: 0, max: 5 * dayMs })

  it('never gives up the newest', () => {
    fc.assert(
      fc.property(anyTimes, retentions, (times, retention) => {
        const stays = staying(times, retention, noon)
        const newest = [...times.keys()].slice(-retention.newest)
        expect(newest.every((place) => stays.get(place) === 'newest')).toBe(true)
      }),
    )
  })

  it('keeps everything that is left when it is applied again', () => {
    fc.assert(
      fc.property(anyTimes, retentions, (times, retention) => {
        const once = left(times, retention, noon)
        expect(left(once, retention, noon)).toEqual(once)
      }),
    )
  })

  it('never takes back what it gave up earlier', () => {
    fc.assert(
      fc.property(anyTimes, retentions, spans, (times, retention, passed) => {
        const before = staying(times, retention, noon)
        for (const place of staying(times, retention, noon + passed).keys()) expect(before.has(place)).toBe(true)
      }),
    )
  })

  it('leaves the same whether it is applied often or rarely', () => {
    fc.assert(
      fc.property(anyTimes, anyTimes, retentions, spans, (times, later, retention, passed) => {
        const often = left([...left(times, retention, noon), ...later], retention, noon + passed)
        expect(often).toEqual(left([...times, ...later], retention, noon + passed))
      }),
    )
  })

  it('keeps no more than it says, beside what is ahead of its time', () => {
    fc.assert(
      fc.property(anyTimes, retentions, (times, retention) => {
        const { newest, minutelyHours, hourlyDays } = retention
        const behind = times.filter((at) => at <= noon)
        expect(left(behind, retention, noon).length).toBeLessThanOrEqual(newest + 60 * minutelyHours + 24 * hourlyDays)
      }),
    )
    const everySecond = Array.from({ length: 4 * 3600 }, (_none, index) => noon - index * 1000).toReversed()
    expect(left(everySecond, { newest: 1, minutelyHours: 1, hourlyDays: 0 }, noon)).toHaveLength(60)
  })

  it('lets a wrong clock cost no other snapshot its place', () => {
    fc.assert(
      fc.property(
        anyTimes,
        retentions,
        fc.constantFrom(0, noon - 9 * dayMs, noon + 9 * dayMs),
        fc.nat(),
        (...drawn) => {
          const [times, retention, wrong, position] = drawn
          const place = position % (times.length + 1)
          // Itself it counts among the newest, and that is all.
          const others = [...staying(times, retention, noon)].filter(([, reason]) => reason !== 'newest')
          const stays = staying(times.toSpliced(place, 0, wrong), retention, noon)
          expect(others.filter(([other]) => !stays.has(other < place ? other : other + 1))).toEqual([])
        },
      ),
    )
  })
})
