import { array, assert, integer, property, constantFrom } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGoDuration } from '../src/go-duration.ts'
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
