import type { Schedule } from './schedule.ts'

/** When the next run is due: the earliest of schedule, triggers and retry. Knows no timers. */
export interface Agenda {
  /** Something has changed. True when nothing was pending, so whoever waits should look again. */
  trigger(now: number): boolean
  /** The run has failed: try again after this long, if nothing comes earlier; and not before `atLeastMs`, whatever comes. */
  retry(pause: { readonly now: number; readonly afterMs: number; readonly atLeastMs: number }): void
  /** A run begins: it serves everything that was pending, and what comes from now on asks for another one. */
  begin(now: number): void
  dueAt(now: number): number
}

const burstFactor = 10
/** The part of the time between two runs by which a run may be put off. */
const jitterShare = 0.1

export function createAgenda(options: {
  readonly schedule: Schedule
  readonly debounceMs: number
  /** Runs of the schedule are put off by a random time up to this, and up to a tenth of the time to the next one. */
  readonly jitterMs: number
  /** Between 0 and 1. */
  readonly random: () => number
  /** The first run is due then. */
  readonly firstAt: number
}): Agenda {
  const { schedule, debounceMs, jitterMs, random } = options
  let tickAt = options.firstAt
  let putOffMs = 0
  let pause: { readonly from: number; readonly earliest: number; readonly retryAt: number } | undefined
  let burst: { readonly first: number; readonly last: number } | undefined

  const scheduleTick = (at: number): void => {
    tickAt = at
    putOffMs = random() * Math.min(jitterMs, (schedule.next(at) - at) * jitterShare)
  }

  return {
    trigger: (now) => {
      const isFirst = burst === undefined
      burst = { first: burst?.first ?? now, last: now }
      return isFirst
    },
    retry: ({ now, afterMs, atLeastMs }) => {
      pause = { from: now, earliest: now + atLeastMs, retryAt: now + afterMs }
    },
    begin: (now) => {
      burst = undefined
      pause = undefined
      if (tickAt > now) return
      // Keep the rhythm of the run that was due; runs that were missed meanwhile are not made up for.
      const inRhythm = schedule.next(tickAt)
      scheduleTick(inRhythm > now ? inRhythm : schedule.next(now))
    },
    dueAt: (now) => {
      // A clock that was set back must not put anything off for longer than usual.
      const latest = schedule.next(now)
      if (latest < tickAt) scheduleTick(latest)
      if (burst !== undefined && burst.last > now) burst = { first: now, last: now }
      if (pause !== undefined && pause.from > now) pause = undefined
      const afterBurst =
        burst === undefined ? Infinity : Math.min(burst.last + debounceMs, burst.first + debounceMs * burstFactor)
      const wanted = Math.min(tickAt + putOffMs, pause?.retryAt ?? Infinity, afterBurst)
      return Math.max(wanted, pause?.earliest ?? -Infinity)
    },
  }
}
