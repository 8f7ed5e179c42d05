import type { CompiledRoute } from './compiled-route.ts'
import type { MatchRequest } from './match-request.ts'
import { methodBit } from './method-bits.ts'
import { noParameters, type PathParameters, type PathTail } from './path-tail.ts'
import type { RouteFields } from './route-fields.ts'
import type { UriPattern } from './uri-pattern.ts'

export interface RouteMatch {
  readonly id: string
  /** As it was given. */
  readonly route: RouteFields
  readonly params: PathParameters
}

/** Beside the bits of methods: the route has more conditions. */
const conditional = 1 << 30

/**
 * One URI pattern of one route: what a router weighs against a path. It has at hand what most answers take, the most
 * used first: with very many routes, each object that is looked at is a wait for memory.
 */
export class RouteCandidate implements UriPattern {
  readonly literal: string
  /** Bits of the methods that it takes, and `conditional`; 0: whatever comes. */
  readonly #demands: number
  readonly tail: PathTail | undefined
  readonly #id: string
  readonly #fields: RouteFields
  readonly route: CompiledRoute
  readonly exact: boolean
  readonly length: number

  constructor(
    route: CompiledRoute,
    pattern: UriPattern,
    demands: {
      /** Bits; 0: any. */
      readonly methods: number
      /** Whether the route has to be asked whether it accepts a request. */
      readonly conditional: boolean
    },
  ) {
    this.literal = pattern.literal
    this.#demands = demands.methods | (demands.conditional ? conditional : 0)
    this.tail = pattern.tail
    this.#id = route.id
    this.#fields = route.fields
    this.route = route
    this.exact = pattern.exact
    this.length = pattern.length
  }

  /** For a request whose path the literal fits. */
  match(request: MatchRequest): RouteMatch | undefined {
    if (this.#demands !== 0 && !this.#accepts(request)) return undefined
    const params = this.tail === undefined ? noParameters : this.tail.match(request.normalizedPath)
    return params === undefined ? undefined : { id: this.#id, route: this.#fields, params }
  }

  #accepts(request: MatchRequest): boolean {
    const methods = this.#demands & ~conditional
    if (methods !== 0 && (methods & methodBit(request.method)) === 0) return false
    return (this.#demands & conditional) === 0 || this.route.accepts(request)
  }
}

/** Among candidates with the same literal: priority first, then the longer pattern, then rank (APISIX, lua-resty-radixtree `sort_route`). */
export function compareRivals(a: RouteCandidate, b: RouteCandidate): number {
  if (a.route.priority !== b.route.priority) return b.route.priority - a.route.priority
  if (a.length !== b.length) return b.length - a.length
  if (a.route.rank === b.route.rank) return 0
  return a.route.rank < b.route.rank ? -1 : 1
}

/** Among candidates that fit one path: exact ones first, then the longer literal, then as rivals. */
export function compareCandidates(a: RouteCandidate, b: RouteCandidate): number {
  if (a.exact !== b.exact) return a.exact ? -1 : 1
  const longer = b.literal.length - a.literal.length
  // Of different literals that are as long only one fits a path, so their order is no matter as long as it is one.
  if (longer !== 0 || a.literal === b.literal) return longer || compareRivals(a, b)
  return a.literal < b.literal ? -1 : 1
}

/** Puts a candidate into a list that is in this order already, behind its equals. */
export function insertRival(list: RouteCandidate[], candidate: RouteCandidate): void {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = list[middle]
    if (other !== undefined && compareRivals(other, candidate) <= 0) low = middle + 1
    else high = middle
  }
  list.splice(low, 0, candidate)
}

/** The answer of the first of them that takes the request. */
export function firstMatch(candidates: readonly RouteCandidate[], request: MatchRequest): RouteMatch | undefined {
  for (const candidate of candidates) {
    const match = candidate.match(request)
    if (match !== undefined) return match
  }
  return undefined
}
