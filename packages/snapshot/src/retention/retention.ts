/** Which snapshots pruning leaves: many of the recent ones, few of the old ones. */
export interface Retention {
  /** This many of the newest stay, whatever their age; at least 1. */
  readonly newest: number
  /** For this many hours one a minute stays. Default 24; 0 for none. */
  readonly minutelyHours?: number | undefined
  /** For this many days one an hour stays. Default 30; 0 for none. */
  readonly hourlyDays?: number | undefined
}

/** Which step of the retention a snapshot stays for; the first that holds. */
export type StayReason = 'newest' | 'minutely' | 'hourly'

/** Judges the snapshots of one store in one pass, from the newest (the highest number) down. */
export interface RetentionRule {
  /** Why the next one, of this time, stays; `undefined` when it need not. */
  judge(at: number): StayReason | undefined
  /** Whether nothing stays that is as old as this and comes after all that were judged. */
  isBeyond(at: number): boolean
  /** How many more have to be judged before numbers alone can tell; never, where times count. */
  left(): number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * Of every minute, and of every hour, the snapshot with the highest number stays. Both are those of the UTC clock, the
 * current one included, so at most `newest + 60 * minutelyHours + 24 * hourlyDays` stay, and those that are ahead of `now`.
 *
 * Whether one stays depends on its own time and on newer ones of the same minute or hour, and on nothing else. So a clock
 * that was wrong for a while costs no other snapshot its place, what is dropped would be dropped later too, and it does
 * not matter how often one prunes. Times are milliseconds since the Unix epoch. Throws `RangeError`.
 */
export function retentionRule(retention: Retention, now: number): RetentionRule {
  const { newest, minutelyHours, hourlyDays } = checkRetention(retention)
  const minutely = onePer(minuteMs, 60 * minutelyHours, now)
  const hourly = onePer(hourMs, 24 * hourlyDays, now)
  let judged = 0

  return {
    judge(at) {
      judged += 1
      // Both are told of every snapshot: whichever stays for another reason is still the newest of its minute and hour.
      const isOfItsMinute = minutely.isFirst(at)
      const isOfItsHour = hourly.isFirst(at)
      if (judged <= newest) return 'newest'
      if (isOfItsMinute) return 'minutely'
      return isOfItsHour ? 'hourly' : undefined
    },
    isBeyond: (at) => judged >= newest && !minutely.covers(at) && !hourly.covers(at),
    left: () => (minutelyHours + hourlyDays > 0 ? Number.POSITIVE_INFINITY : Math.max(0, newest - judged)),
  }
}

/** With its defaults. Throws `RangeError` for a retention that keeps nothing, and for other counts than whole ones. */
export function checkRetention({ newest, minutelyHours = 24, hourlyDays = 30 }: Retention): {
  readonly newest: number
  readonly minutelyHours: number
  readonly hourlyDays: number
} {
  if (!Number.isInteger(newest) || newest < 1) throw new RangeError('At least one snapshot must be kept')
  for (const count of [minutelyHours, hourlyDays]) {
    if (!Number.isInteger(count) || count < 0) throw new RangeError('Hours and days of a retention are whole numbers')
  }
  return { newest, minutelyHours, hourlyDays }
}

function onePer(periodMs: number, periods: number, now: number) {
  const after = Math.floor(now / periodMs) - periods
  const taken = new Set<number>()
  const covers = (at: number): boolean => periods > 0 && Math.floor(at / periodMs) > after
  return {
    covers,
    isFirst(at: number): boolean {
      const period = Math.floor(at / periodMs)
      if (!covers(at) || taken.has(period)) return false
      taken.add(period)
      return true
    },
  }
}
