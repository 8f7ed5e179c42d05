import type { Clock } from '../src/clock.ts'

/** A clock that stands still until it is told to move. */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): Clock & { advance(ms: number): void } {
  let time = start
  return {
    now: () => time,
    sleep: async () => {},
    advance(ms) {
      time += ms
    },
  }
}
