import { settled } from '@outlast/virtual-time'
import type { Clock } from '../../src/clock.ts'
import type { Random } from './random.ts'

/** One life of an actor. What a dead one waits for never comes. */
export interface Life {
  readonly name: string
  isAlive: boolean
}

/** Decides alone what happens next. Time only moves between steps. */
export interface Scheduler {
  readonly clock: Clock
  /** What has happened so far, one line a step. */
  readonly schedule: readonly string[]
  /** Waits until it is chosen, `delayMs` from now at the earliest. */
  turn(life: Life, label: string, delayMs: number): Promise<void>
  /** Does something later that nobody waits for. */
  later(life: Life, label: string, delayMs: number, work: () => void): void
  note(line: string): void
  /** Runs until nothing is left to do, or enough has been seen. */
  run(isEnough: () => boolean): Promise<void>
}

interface Waiting {
  readonly life: Life
  readonly label: string
  readonly dueAt: number
  readonly proceed: () => void
}

export function scheduler(random: Random, start: number): Scheduler {
  let now = start
  let waiting: Waiting[] = []
  const schedule: string[] = []
  const note = (line: string): void => {
    schedule.push(`${String((now - start) / 1000).padStart(9)} s  ${line}`)
  }

  return {
    clock: { now: () => now, sleep: async () => {} },
    schedule,
    note,
    turn: async (life, label, delayMs) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ life, label, dueAt: now + delayMs, proceed: resolve })
      return promise
    },
    later(life, label, delayMs, work) {
      waiting.push({ life, label, dueAt: now + delayMs, proceed: work })
    },
    async run(isEnough) {
      while (!isEnough()) {
        // Everybody runs until nobody can without a turn.
        await settled()
        waiting = waiting.filter(({ life }) => life.isAlive)
        if (waiting.length === 0) return
        now = Math.max(now + random.below(20), Math.min(...waiting.map(({ dueAt }) => dueAt)))
        const due = waiting.filter(({ dueAt }) => dueAt <= now)
        const chosen = random.pick(due)
        waiting.splice(waiting.indexOf(chosen), 1)
        note(`${chosen.life.name}: ${chosen.label}`)
        chosen.proceed()
      }
    },
  }
}
