import { backOffMs, errorMessage, type Clock } from '@outlast/snapshot'
import { createAgenda } from '../schedule/agenda.ts'
import { attemptRecord, type Attempts } from './attempt-record.ts'
import { inTurn } from '../in-turn.ts'
import { taskLoop } from '../schedule/task-loop.ts'

export interface TaskStatus extends Attempts {
  readonly nextRunAt?: number | undefined
}

/** `again`: not well, and it is to be repeated soon. `stuck`: not well, and to repeat it soon does no good. */
export type RunResult = 'well' | 'again' | 'stuck'

/** A task in the background of the exports, which never wait for it. Never runs twice at a time. */
export interface PeriodicTask {
  start(): void
  /** Breaks off the run in flight. */
  stop(): Promise<void>
  /** Asks for a run soon. */
  trigger(): void
  /** One run now, after the one in flight. Never rejects; a failure is recorded. */
  runOnce(signal: AbortSignal | undefined): Promise<void>
  status(): TaskStatus
}

export function periodicTask(options: {
  readonly everyMs: number
  /** How long after its creation it first runs. */
  readonly firstAfterMs: number
  /** Pauses after failures, and after runs that want to be repeated soon. */
  readonly retry: { readonly firstMs: number; readonly limitMs: number }
  /** Rejections are recorded, and it is repeated soon. */
  readonly work: (signal: AbortSignal | undefined) => Promise<RunResult>
  readonly onFailure: (message: string) => void
  readonly clock: Clock
  readonly random: () => number
}): PeriodicTask {
  const { everyMs, firstAfterMs, retry, work, onFailure, clock, random } = options
  const stopping = new AbortController()
  const turns = inTurn()
  const attempts = attemptRecord(clock)

  const run = async (signal: AbortSignal | undefined): Promise<RunResult> => {
    const isBrokenOff = (): boolean => signal?.aborted === true
    if (isBrokenOff()) return 'again'
    attempts.attempted()
    try {
      const result = await work(signal)
      if (result === 'well') attempts.succeeded()
      return result
    } catch (error) {
      if (isBrokenOff()) return 'again'
      const message = errorMessage(error)
      attempts.failed(message)
      onFailure(message)
      return 'again'
    }
  }

  const loop = taskLoop({
    agenda: createAgenda({
      schedule: { next: (afterMs) => afterMs + everyMs },
      debounceMs: 0,
      jitterMs: Infinity,
      random,
      firstAt: clock.now() + firstAfterMs,
    }),
    clock,
    run: async () => (await turns(async () => await run(stopping.signal))) !== 'again',
    retryMs: (failures) => backOffMs({ failures, ...retry, random }),
  })

  return {
    start: () => {
      void loop.start(undefined)
    },
    stop: async () => {
      stopping.abort()
      await loop.stop()
    },
    trigger: () => {
      loop.trigger()
    },
    runOnce: async (signal) => {
      await turns(async () => await run(signal))
    },
    status: () => ({ ...attempts.read(), nextRunAt: loop.nextRunAt() }),
  }
}
