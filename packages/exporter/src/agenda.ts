import type { Schedule } from './schedule.ts'

/** When the next export is due: the earliest of schedule, triggers and retry. Knows no timers. */
export interface Agenda {
  /** Something has changed. True when nothing was pending, so whoever waits should look again. */
  trigger(now: number): boolean
  /** Try again at this time, if nothing comes earlier. */
  retry(at: number): void
  /** An export begins: it serves everything that was pending, and what comes from now on asks for another one. */
  begin(now: number): void
  dueAt(now: number): number
}

const burstFactor = 10

export function createAgenda(options: {
  readonly schedule: Schedule
  readonly debounceMs: number
  readonly now: number
}): Agenda {
  const { schedule, debounceMs } = options
  let scheduledAt = options.now
  let retryAt: number | undefined
  let burst: { readonly first: number; readonly last: number } | undefined

  return {
    trigger: (now) => {
      const isFirst = burst === undefined
      burst = { first: burst?.first ?? now, last: now }
      return isFirst
    },
    retry: (at) => {
      retryAt = at
    },
    begin: (now) => {
      burst = undefined
      retryAt = undefined
      if (scheduledAt <= now) {
        // Keep the rhythm of the run that was due; runs that were missed meanwhile are not made up for.
        const inRhythm = schedule.next(scheduledAt)
        scheduledAt = inRhythm > now ? inRhythm : schedule.next(now)
      }
    },
    dueAt: (now) => {
      // A clock that was set back must not put anything off for longer than usual.
      scheduledAt = Math.min(scheduledAt, schedule.next(now))
      if (burst !== undefined && burst.last > now) burst = { first: now, last: now }
      const afterBurst =
        burst === undefined ? Infinity : Math.min(burst.last + debounceMs, burst.first + debounceMs * burstFactor)
      return Math.min(scheduledAt, retryAt ?? Infinity, afterBurst)
    },
  }
}
