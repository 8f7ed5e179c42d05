import { array, assert, integer, property, constantFrom } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGoDuration } from '../src/schedule/go-duration.ts'
import { parseSchedule, ScheduleError } from '../src/index.ts'

const at = (time: string): number => Date.parse(time)
const nextAfter = (schedule: string, time: string): string =>
  new Date(parseSchedule(schedule).next(at(time))).toISOString().replace('.000Z', 'Z')

describe('schedules', () => {
  it.each([
    ['@every 1m', '2026-01-01T10:00:00.750Z', '2026-01-01T10:01:00Z'],
    ['@every 1m30s', '2026-01-01T10:00:00Z', '2026-01-01T10:01:30Z'],
    ['@every 1.5h', '2026-01-01T10:00:00Z', '2026-01-01T11:30:00Z'],
    ['@every 100ms', '2026-01-01T10:00:00Z', '2026-01-01T10:00:01Z'],
    ['@every 1999ms', '2026-01-01T10:00:00Z', '2026-01-01T10:00:01Z'],
    ['@every 0.29h', '2026-01-01T10:00:00Z', '2026-01-01T10:17:24Z'],
    ['TZ=UTC @hourly', '2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'],
    ['TZ=UTC @daily', '2026-01-01T10:00:00Z', '2026-01-02T00:00:00Z'],
    ['TZ=UTC @midnight', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['TZ=UTC @weekly', '2026-01-01T10:00:00Z', '2026-01-04T00:00:00Z'],
    ['TZ=UTC @monthly', '2026-01-01T10:00:00Z', '2026-02-01T00:00:00Z'],
    ['TZ=UTC @yearly', '2026-01-01T10:00:00Z', '2027-01-01T00:00:00Z'],
    ['TZ=UTC @annually', '2026-06-01T10:00:00Z', '2027-01-01T00:00:00Z'],
    ['CRON_TZ=Asia/Tokyo 30 04 * * *', '2026-01-01T00:00:00Z', '2026-01-01T19:30:00Z'],
    ['TZ=UTC */15 * * * *', '2026-01-01T10:07:00Z', '2026-01-01T10:15:00Z'],
    ['TZ=UTC 5/20 * * * *', '2026-01-01T10:07:00Z', '2026-01-01T10:25:00Z'],
    ['TZ=UTC 30 * * * * *', '2026-01-01T10:00:30Z', '2026-01-01T10:01:30Z'],
    ['TZ=UTC 0 9-17/4 ? * MON-fri', '2026-01-02T17:00:00Z', '2026-01-05T09:00:00Z'],
    ['TZ=UTC 0 0 1,15 Feb *', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
    ['TZ=UTC 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ])('%s after %s runs at %s', (schedule, time, expected) => {
    expect(nextAfter(schedule, time)).toBe(expected)
  })

  it('runs on either day when both day fields are restricted, as cron does', () => {
    expect(nextAfter('TZ=UTC 0 0 13 * fri', '2026-01-01T00:00:00Z')).toBe('2026-01-02T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 13 * *', '2026-01-01T00:00:00Z')).toBe('2026-01-13T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 13 * */2', '2026-01-01T00:00:00Z')).toBe('2026-01-03T00:00:00Z')
  })

  it.each([
    // A step runs up to the end of its range and starts anew in the next.
    ['TZ=UTC 0 0/15 * * * *', '2026-03-09T14:59:59Z', '2026-03-09T15:00:00Z'],
    ['TZ=UTC 0 20-35/15 * * * *', '2026-03-09T15:45:00Z', '2026-03-09T16:20:00Z'],
    ['TZ=UTC 0 7/35 * * * *', '2026-03-09T15:08:00Z', '2026-03-09T15:42:00Z'],
    ['TZ=UTC 0 */15 * * * *', '2026-03-09T23:46:00Z', '2026-03-10T00:00:00Z'],
    ['TZ=UTC 15/35 20-35/15 1/2 */2 * *', '2026-03-10T23:35:51Z', '2026-03-11T01:20:15Z'],
    ['TZ=UTC 30 3-6,20-23 * * *', '2026-03-09T06:30:00Z', '2026-03-09T20:30:00Z'],
    ['TZ=UTC 5-7/2,1,3 0 * * *', '2026-03-09T00:03:00Z', '2026-03-09T00:05:00Z'],
    ['TZ=UTC 0 0 9 Apr-Oct ?', '2026-10-09T00:00:00Z', '2027-04-09T00:00:00Z'],
    ['TZ=UTC 59 59 23 31 dec *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59Z'],
    ['TZ=UTC * * * * * *', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z'],
    ['TZ=UTC 0 0 29 FEB ?', '2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z'],
    ['TZ=UTC   0  5   *  * * *', '2026-03-09T00:00:00Z', '2026-03-09T00:05:00Z'],
    ['TZ=UTC 0 0 * feb Mon/2', '2026-03-09T00:00:00Z', '2027-02-01T00:00:00Z'],
    ['TZ=UTC 0 0 * * sun-tue', '2026-03-11T00:00:00Z', '2026-03-15T00:00:00Z'],
    ['TZ=UTC 0 30 08 ? Jul Sun', '2026-07-05T08:30:00Z', '2026-07-12T08:30:00Z'],
    ['CRON_TZ=Asia/Tokyo @midnight', '2026-03-09T00:00:00Z', '2026-03-09T15:00:00Z'],
    ['CRON_TZ=America/St_Johns 0 6 * * ?', '2026-01-15T00:00:00Z', '2026-01-15T09:30:00Z'],
    ['TZ=UTC @every 1h30m10s', '2026-03-09T00:00:00Z', '2026-03-09T01:30:10Z'],
    ['@every 0s', '2026-03-09T00:00:00Z', '2026-03-09T00:00:01Z'],
  ])('%s after %s runs at %s, as in robfig/cron', (schedule, time, expected) => {
    expect(nextAfter(schedule, time)).toBe(expected)
  })

  it('combines day of month and day of week as robfig/cron does: a star, with a step of 1 or none, leaves it to the other', () => {
    // 2026-07-15 is a Wednesday, 2026-07-19 a Sunday.
    expect(nextAfter('TZ=UTC 0 0 1,15 * Sun', '2026-07-12T00:00:00Z')).toBe('2026-07-15T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 1,15 * Sun', '2026-07-15T00:00:00Z')).toBe('2026-07-19T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 1,15 * ?', '2026-07-02T00:00:00Z')).toBe('2026-07-15T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 */1 * Sun', '2026-07-12T00:00:00Z')).toBe('2026-07-19T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 */10 * Sun', '2026-07-12T00:00:00Z')).toBe('2026-07-19T00:00:00Z')
    expect(nextAfter('TZ=UTC 0 0 */10 * Sun', '2026-07-19T00:00:00Z')).toBe('2026-07-21T00:00:00Z')
  })

  it('follows daylight saving time: what is skipped runs after the gap, what comes twice runs once', () => {
    // Clocks in New York went from 02:00 to 03:00 on 2026-03-08, and go from 02:00 back to 01:00 on 2026-11-01.
    const inNewYork = (fields: string, time: string): string => nextAfter(`CRON_TZ=America/New_York ${fields}`, time)
    expect(inNewYork('30 2 * * *', '2026-03-07T07:30:00Z')).toBe('2026-03-08T07:00:00Z')
    expect(inNewYork('30 2 * * *', '2026-03-08T07:00:00Z')).toBe('2026-03-09T06:30:00Z')
    expect(inNewYork('0 1 * * *', '2026-03-07T06:00:00Z')).toBe('2026-03-08T06:00:00Z')
    expect(inNewYork('0 1 * * *', '2026-10-31T05:00:00Z')).toBe('2026-11-01T05:00:00Z')
    expect(inNewYork('0 1 * * *', '2026-11-01T05:00:00Z')).toBe('2026-11-02T06:00:00Z')
    expect(inNewYork('0 2 * * *', '2026-11-01T05:00:00Z')).toBe('2026-11-01T07:00:00Z')
  })

  it.each(['2026-03-08T04:00:00Z', '2026-11-01T03:00:00Z'])(
    'runs every hour evenly through the night of %s',
    (night) => {
      const schedule = parseSchedule('CRON_TZ=America/New_York @hourly')
      for (let hour = 0; hour < 8; hour++) {
        expect(schedule.next(at(night) + hour * 3_600_000)).toBe(at(night) + (hour + 1) * 3_600_000)
      }
    },
  )

  it("takes the process's time zone for Local", () => {
    const now = at('2026-03-09T00:00:00Z')
    expect(parseSchedule('TZ=Local 0 6 * * *').next(now)).toBe(parseSchedule('0 6 * * *').next(now))
  })

  it('takes an interval in milliseconds', () => {
    expect(parseSchedule({ everyMs: 250 }).next(1_000)).toBe(1_250)
  })

  it.each([
    ['', 'the schedule is empty'],
    ['TZ=UTC', 'the schedule is empty'],
    ['@reboot', '"@reboot" is not known; there are @every <duration>, @yearly'],
    ['@every', '"@every" is not known'],
    ['@every 5', '"5" is no duration; write it like 30s, 1m30s or 1.5h'],
    ['@every -1m', '"-1m" is no duration'],
    ['* * * *', '"* * * *" has 4 fields; a schedule has 5, or 6 with seconds first'],
    ['* * * * * * *', 'has 7 fields'],
    ['60 * * * *', 'the field minute must be between 0 and 59: "60"'],
    ['* 24 * * *', 'the field hour must be between 0 and 23: "24"'],
    ['* * 0 * *', 'the field day of month must be between 1 and 31: "0"'],
    ['* * * JANUARY *', 'the field month is not understood: "JANUARY"'],
    ['* * * * 7', 'the field day of week must be between 0 and 6: "7"'],
    ['*/0 * * * *', 'the field minute needs a step of at least 1: "*/0"'],
    ['30-10 * * * *', 'the field minute has a range that ends before it begins: "30-10"'],
    ['1-2-3 * * * *', 'the field minute has too many slashes or hyphens: "1-2-3"'],
    ['1,,2 * * * *', 'the field minute is not understood: ""'],
    ['* * L * *', 'the field day of month is not understood: "L"'],
    ['0 0 30 2 *', '"0 0 30 2 *" names a date that never comes'],
    ['TZ=Europe/Atlantis * * * * *', '"Europe/Atlantis" is no time zone'],
  ])('refuses "%s" and says why', (schedule, message) => {
    expect(() => parseSchedule(schedule)).toThrow(ScheduleError)
    expect(() => parseSchedule(schedule)).toThrow(message)
  })

  it.each([0, -1, Number.NaN, Infinity])('refuses an interval of %s', (everyMs) => {
    expect(() => parseSchedule({ everyMs })).toThrow(ScheduleError)
  })

  it('always names a later time, also across changes of daylight saving time', () => {
    const zones = constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe')
    const expressions = constantFrom('@hourly', '@daily', '30 2 * * *', '*/7 * * * * *', '0 0 31 * *', '@every 1m')
    assert(
      property(zones, expressions, integer({ min: 0, max: 4_000_000_000_000 }), (zone, expression, now) => {
        expect(parseSchedule(`CRON_TZ=${zone} ${expression}`).next(now)).toBeGreaterThan(now)
      }),
    )
  })
})

describe('Go durations', () => {
  it.each([
    ['0', 0],
    ['1h15m30.918s', 4_530_918],
    ['.5s', 500],
    ['1.s', 1_000],
    ['1us', 0.001],
    ['1µs1μs', 0.002],
    ['+5m', 300_000],
  ])('reads %s', (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected)
  })

  it.each(['', '1', 's', '.', '.s', '1 s', '1d', '-1s', '1h-1m', '1e3s'])('refuses "%s"', (text) => {
    expect(parseGoDuration(text)).toBeUndefined()
  })

  it('adds its terms up', () => {
    assert(
      property(array(integer({ min: 0, max: 1_000 }), { minLength: 1 }), (seconds) => {
        const total = seconds.reduce((sum, value) => sum + value * 1_000, 0)
        expect(parseGoDuration(seconds.map((value) => `${String(value)}s`).join(''))).toBe(total)
      }),
    )
  })
})
