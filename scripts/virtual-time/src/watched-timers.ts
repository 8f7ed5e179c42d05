import type * as Timers from 'node:timers/promises'

let waiting = 0

/** The same timers, but it is known how many wait for the next turn of the event loop. */
export function watchedTimers(timers: typeof Timers): object {
  return {
    ...timers,
    setImmediate: async (...parameters: Parameters<typeof Timers.setImmediate>): Promise<unknown> => {
      waiting += 1
      try {
        return await timers.setImmediate(...parameters)
      } finally {
        waiting -= 1
      }
    },
  }
}

/** Whether something will go on in the next turn of the event loop. */
export function waitsForNextTurn(): boolean {
  return waiting > 0
}
