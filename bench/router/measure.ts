import { collectGarbage } from '../collect-garbage.ts'
import { quantile } from '../quantile.ts'
import type { BenchRoute, RouteSet } from './route-set.ts'
import type { Side } from './side.ts'

type Built = ReturnType<Side['build']>

/** How long a router takes to be made from nothing, and what it keeps for each route beyond the routes themselves. */
export function measureBuild(side: Side, routes: readonly BenchRoute[], rounds: number): BuildMeasurement {
  let buildMs = Number.POSITIVE_INFINITY
  for (let round = 1; round < rounds; round += 1) buildMs = Math.min(buildMs, timed(() => side.build(routes)).timeMs)
  const before = keptBytes()
  const { timeMs, result: built } = timed(() => side.build(routes))
  return { built, buildMs: Math.min(buildMs, timeMs), bytesPerRoute: (keptBytes() - before) / routes.length }
}

interface BuildMeasurement {
  readonly built: Built
  readonly buildMs: number
  readonly bytesPerRoute: number
}

/**
 * Nanoseconds of one match, the best of all rounds; the sides take turns. Every path is a text of its own that no
 * router has seen, as it is when it comes from a socket, and its route is any of all of them.
 */
export function measureMatches(sides: readonly Built[], set: RouteSet, rounds: number): readonly number[] {
  const count = 20_000
  const best = sides.map(() => Number.POSITIVE_INFINITY)
  // Rounds of which nothing is kept, until the code has been compiled.
  for (let round = -3; round < rounds; round += 1) {
    const asked = Array.from({ length: count }, (_, salt) => {
      const at = Math.floor(Math.random() * set.routes.length)
      return { host: set.hosts[at % set.hosts.length] ?? '', path: set.path(at, salt), id: set.routes[at]?.id }
    })
    for (const [place, side] of sides.entries()) {
      const fresh = asked.map(({ host, path, id }) => ({ host: freshText(host), path: freshText(path), id }))
      const { timeMs, result: wrong } = timed(() => {
        let misses = 0
        for (const { host, path, id } of fresh) if (side.find(host, path) !== id) misses += 1
        return misses
      })
      if (wrong > 0) throw new Error(`${wrong} of ${count} answers are wrong`)
      if (round >= 0) best[place] = Math.min(best[place] ?? timeMs, timeMs)
    }
  }
  return best.map((timeMs) => (timeMs * 1e6) / count)
}

/** Microseconds of one change in place: median and p99 of `count` changes, each to the next of `routes`. */
export function measureChanges(
  change: (route: BenchRoute) => void,
  routes: readonly BenchRoute[],
  count: number,
): { readonly median: number; readonly p99: number } {
  const times: number[] = []
  for (let at = 0; at < count; at += 1) {
    const route = routes[at % routes.length]
    if (route !== undefined) times.push(timed(() => change(route)).timeMs * 1000)
  }
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

export function timed<Result>(work: () => Result): { readonly timeMs: number; readonly result: Result } {
  const begunAt = performance.now()
  const result = work()
  return { timeMs: performance.now() - begunAt, result }
}

function keptBytes(): number {
  // What has just ended may be let go of only by the second.
  for (let time = 0; time < 3; time += 1) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function freshText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
