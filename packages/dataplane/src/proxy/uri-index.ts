import { longestLiteral } from './longest-literal.ts'
import { compareCandidates, type CandidateTest, type RouteCandidate } from './route-candidate.ts'

/** Candidates by path: an exact path always goes before any prefix, then prefixes, longest literal first. */
export interface UriIndex {
  readonly size: number
  add(candidate: RouteCandidate): void
  remove(candidate: RouteCandidate): void
  find<Result>(path: string, test: CandidateTest<Result>): Result | undefined
}

export function uriIndex(): UriIndex {
  const exact = new Map<string, RouteCandidate[]>()
  const prefixes = longestLiteral<RouteCandidate[]>('prefix')
  let size = 0

  const holderOf = (candidate: RouteCandidate) => (candidate.pattern.exact ? exact : prefixes)

  return {
    get size() {
      return size
    },
    add(candidate) {
      const holder = holderOf(candidate)
      const list = holder.get(candidate.pattern.literal)
      if (list === undefined) holder.set(candidate.pattern.literal, [candidate])
      else insertSorted(list, candidate)
      size += 1
    },
    remove(candidate) {
      const holder = holderOf(candidate)
      const list = holder.get(candidate.pattern.literal)
      const at = list?.indexOf(candidate) ?? -1
      if (list === undefined || at < 0) return
      list.splice(at, 1)
      if (list.length === 0) holder.delete(candidate.pattern.literal)
      size -= 1
    },
    find(path, test) {
      const found = firstOf(exact.get(path), test)
      return found ?? prefixes.find(path, (list) => firstOf(list, test))
    },
  }
}

function firstOf<Result>(list: readonly RouteCandidate[] | undefined, test: CandidateTest<Result>): Result | undefined {
  if (list === undefined) return undefined
  for (const candidate of list) {
    const result = test(candidate)
    if (result !== undefined) return result
  }
  return undefined
}

function insertSorted(list: RouteCandidate[], candidate: RouteCandidate): void {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = list[middle]
    if (other !== undefined && compareCandidates(other, candidate) <= 0) low = middle + 1
    else high = middle
  }
  list.splice(low, 0, candidate)
}
