import type { CompiledRoute } from './compile-route.ts'
import type { UriPattern } from './uri-pattern.ts'

/** One URI pattern of one route: what a router weighs against a path. */
export interface RouteCandidate {
  readonly route: CompiledRoute
  readonly pattern: UriPattern
}

/** Decides whether a candidate takes the request at hand. */
export type CandidateTest<Result> = (candidate: RouteCandidate) => Result | undefined

/** Among candidates with the same literal: priority first, then the longer pattern, then rank (APISIX, lua-resty-radixtree `sort_route`). */
export function compareCandidates(a: RouteCandidate, b: RouteCandidate): number {
  if (a.route.priority !== b.route.priority) return b.route.priority - a.route.priority
  if (a.pattern.source.length !== b.pattern.source.length) return b.pattern.source.length - a.pattern.source.length
  if (a.route.rank === b.route.rank) return 0
  return a.route.rank < b.route.rank ? -1 : 1
}

/** Puts a candidate into a list that is in this order already, behind its equals. */
export function insertSorted(
  list: RouteCandidate[],
  candidate: RouteCandidate,
  compare: (a: RouteCandidate, b: RouteCandidate) => number,
): void {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = list[middle]
    if (other !== undefined && compare(other, candidate) <= 0) low = middle + 1
    else high = middle
  }
  list.splice(low, 0, candidate)
}
