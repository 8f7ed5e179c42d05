import type * as PerfHooks from 'node:perf_hooks'

/**
 * Work in slices takes a break when some milliseconds are over, which is elsewhere on a busy machine, and may let something
 * else go first there. Where no time goes by it takes none, and everything is done in the same order every time.
 */
export function standingTime(hooks: typeof PerfHooks): object {
  return { ...hooks, performance: { now: () => 0 } }
}
