import { Cron } from 'croner'
import { cronFields, normalizeCronField } from './cron-field.ts'
import { parseGoDuration } from './go-duration.ts'
import { ScheduleError } from './schedule-error.ts'

export { ScheduleError }

/** When to run. */
export interface Schedule {
  /** The first run after `afterMs`; both are milliseconds since the Unix epoch. */
  next(afterMs: number): number
}

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
}

/**
 * Understands robfig/cron's grammar (https://pkg.go.dev/github.com/robfig/cron/v3): five fields, six with seconds first,
 * `@hourly` and its like, `@every 1m30s` (whole seconds; less than one counts as one), each after an optional
 * `CRON_TZ=Europe/Berlin` or `TZ=…`. Without a time zone, or with `Local`, it is the process's.
 *
 * Daylight saving time is handled as by Vixie's cron. Unlike in robfig/cron, a run that is skipped happens right after the
 * gap, and a run at a time of day that comes twice happens once; runs of every hour or minute go on evenly.
 *
 * Throws `ScheduleError`, also for dates that never come, such as 30 February.
 */
export function parseSchedule(schedule: string | { readonly everyMs: number }): Schedule {
  if (typeof schedule !== 'string') return interval(schedule.everyMs)
  const { expression, timeZone } = splitTimeZone(schedule.trim())
  if (expression === '') throw new ScheduleError('the schedule is empty')
  if (expression.startsWith('@every ')) return everyDuration(expression.slice('@every '.length).trim())
  const cron = expression.startsWith('@') ? descriptors[expression] : expression
  if (cron === undefined)
    throw new ScheduleError(
      `"${expression}" is not known; there are @every <duration>, ${Object.keys(descriptors).join(', ')}`,
    )
  return cronSchedule(cron, timeZone)
}

function interval(everyMs: number): Schedule {
  if (!Number.isFinite(everyMs) || everyMs <= 0) throw new ScheduleError('the interval must be more than 0 ms')
  return { next: (afterMs) => afterMs + everyMs }
}

function everyDuration(text: string): Schedule {
  const durationMs = parseGoDuration(text)
  if (durationMs === undefined) throw new ScheduleError(`"${text}" is no duration; write it like 30s, 1m30s or 1.5h`)
  const seconds = Math.max(1, Math.floor(durationMs / 1000))
  if (!Number.isSafeInteger(seconds * 1000)) throw new ScheduleError(`"${text}" is too long`)
  return { next: (afterMs) => (Math.floor(afterMs / 1000) + seconds) * 1000 }
}

function splitTimeZone(text: string): { readonly expression: string; readonly timeZone: string | undefined } {
  const found = /^(?:CRON_)?TZ=(\S*)(.*)$/.exec(text)
  if (found === null) return { expression: text, timeZone: undefined }
  const [, timeZone = '', expression = ''] = found
  if (timeZone === 'Local') return { expression: expression.trim(), timeZone: undefined }
  try {
    // Throws when there is no such zone.
    new Intl.DateTimeFormat('en', { timeZone }).format(0)
  } catch {
    throw new ScheduleError(`"${timeZone}" is no time zone; write it like Europe/Berlin`)
  }
  return { expression: expression.trim(), timeZone }
}

function cronSchedule(expression: string, timeZone: string | undefined): Schedule {
  const fields = expression.split(/\s+/)
  if (fields.length !== 5 && fields.length !== 6)
    throw new ScheduleError(
      `"${expression}" has ${String(fields.length)} fields; a schedule has 5, or 6 with seconds first`,
    )
  const withSeconds = fields.length === 5 ? ['0', ...fields] : fields
  const pattern = cronFields.map((field, index) => normalizeCronField(withSeconds[index] ?? '', field)).join(' ')
  // Only calculates: without a function it sets no timer.
  const cron = new Cron(pattern, { mode: '6-part', ...(timeZone === undefined ? {} : { timezone: timeZone }) })
  const next = (afterMs: number): number => {
    const run = cron.nextRun(new Date(afterMs))
    if (run === null) throw new ScheduleError(`"${expression}" names a date that never comes`)
    return run.getTime()
  }
  next(0)
  return { next }
}
