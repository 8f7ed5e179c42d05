import { longestLiteral } from './longest-literal.ts'
import { compareCandidates, insertSorted, type CandidateTest, type RouteCandidate } from './route-candidate.ts'
import type { UriIndex } from './uri-index.ts'

/** For many candidates: what they cost to find does not depend on how many there are. */
export function mappedUriIndex(): UriIndex {
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
      else insertSorted(list, candidate, compareCandidates)
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
