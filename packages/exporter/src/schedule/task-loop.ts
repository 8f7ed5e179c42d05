import type { Clock } from '@outlast/snapshot'
import type { Agenda } from './agenda.ts'

/** Runs a task whenever its agenda says so, never twice at a time. */
export interface TaskLoop {
  /** Resolves when the first run has ended. */
  start(signal: AbortSignal | undefined): Promise<void>
  /** Resolves when the run in flight has ended. */
  stop(): Promise<void>
  trigger(): void
  isRunning(): boolean
  nextRunAt(): number | undefined
}

// Timers cannot wait for longer than 25 days, and know nothing of a clock that is set.
const longestSleepMs = 60_000

/** After a failure nothing runs for this long, however often it is asked for; for as long as the back-off, when that is less. */
const leastPauseMs = 5_000

export function taskLoop(options: {
  readonly agenda: Agenda
  readonly clock: Clock
  /** Resolves with whether it went well; never rejects. */
  readonly run: (signal: AbortSignal | undefined) => Promise<boolean>
  readonly retryMs: (failures: number) => number
}): TaskLoop {
  const { agenda, clock, run, retryMs } = options
  let isStopping = false
  const mayGoOn = (): boolean => !isStopping
  let ended: Promise<void> | undefined
  let isRunning = false
  let sleeping: AbortController | undefined

  const sleepUntilDue = async (): Promise<void> => {
    while (mayGoOn()) {
      const waitMs = agenda.dueAt(clock.now()) - clock.now()
      if (waitMs <= 0) return
      sleeping = new AbortController()
      await clock.sleep(Math.min(waitMs, longestSleepMs), { signal: sleeping.signal }).catch(() => undefined)
      sleeping = undefined
    }
  }

  const loop = async (signal: AbortSignal | undefined, firstEnded: () => void): Promise<void> => {
    isRunning = true
    let failures = 0
    await sleepUntilDue()
    while (mayGoOn()) {
      agenda.begin(clock.now())
      failures = (await run(signal)) ? 0 : failures + 1
      if (failures > 0) {
        const pauseMs = retryMs(failures)
        agenda.retry({ now: clock.now(), afterMs: pauseMs, atLeastMs: Math.min(pauseMs, leastPauseMs) })
      }
      firstEnded()
      await sleepUntilDue()
    }
    isRunning = false
    firstEnded()
  }

  return {
    start: async (signal) => {
      const first = Promise.withResolvers<void>()
      ended = loop(signal, first.resolve)
      await first.promise
    },
    stop: async () => {
      isStopping = true
      sleeping?.abort()
      await ended
    },
    trigger: () => {
      if (agenda.trigger(clock.now())) sleeping?.abort()
    },
    isRunning: () => isRunning,
    nextRunAt: () => (isRunning ? agenda.dueAt(clock.now()) : undefined),
  }
}
