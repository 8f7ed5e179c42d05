import { mappedUriIndex } from './mapped-uri-index.ts'
import { compareCandidates, insertSorted, type CandidateTest, type RouteCandidate } from './route-candidate.ts'

/** Candidates by path: an exact path always goes before any prefix, then prefixes, longest literal first. */
export interface UriIndex {
  readonly size: number
  add(candidate: RouteCandidate): void
  remove(candidate: RouteCandidate): void
  find<Result>(path: string, test: CandidateTest<Result>): Result | undefined
}

export function uriIndex(): UriIndex {
  return new GrowingUriIndex()
}

/** With more than this, to look candidates up is quicker than to look at each. */
const mostInList = 16

// There is one for every host, and nearly all have a path or two. So it begins as a list, and is a class, which takes much
// less memory than functions of its own for each.
class GrowingUriIndex implements UriIndex {
  /** In the order in which they are asked. */
  readonly #list: RouteCandidate[] = []
  #index: UriIndex | undefined

  get size(): number {
    return this.#index?.size ?? this.#list.length
  }

  add(candidate: RouteCandidate): void {
    if (this.#index === undefined && this.#list.length === mostInList) {
      this.#index = mappedUriIndex()
      for (const each of this.#list.splice(0)) this.#index.add(each)
    }
    if (this.#index === undefined) insertSorted(this.#list, candidate, compareInList)
    else this.#index.add(candidate)
  }

  remove(candidate: RouteCandidate): void {
    if (this.#index !== undefined) return this.#index.remove(candidate)
    const at = this.#list.indexOf(candidate)
    if (at >= 0) this.#list.splice(at, 1)
  }

  find<Result>(path: string, test: CandidateTest<Result>): Result | undefined {
    if (this.#index !== undefined) return this.#index.find(path, test)
    for (const candidate of this.#list) {
      const { exact, literal } = candidate.pattern
      if (!(exact ? path === literal : path.startsWith(literal))) continue
      const result = test(candidate)
      if (result !== undefined) return result
    }
    return undefined
  }
}

function compareInList(a: RouteCandidate, b: RouteCandidate): number {
  if (a.pattern.exact !== b.pattern.exact) return a.pattern.exact ? -1 : 1
  const longer = b.pattern.literal.length - a.pattern.literal.length
  // Of different literals that are as long only one fits a path, so their order is no matter as long as it is one.
  if (longer !== 0 || a.pattern.literal === b.pattern.literal) return longer || compareCandidates(a, b)
  return a.pattern.literal < b.pattern.literal ? -1 : 1
}
