import { longestLiteral } from './longest-literal.ts'
import type { CandidateTest, RouteCandidate } from './route-candidate.ts'
import { uriIndex, type UriIndex } from './uri-index.ts'

/** Where a router keeps its candidates. `hosts` of `undefined`: any host. */
export interface CandidateIndex {
  add(candidate: RouteCandidate, hosts: readonly string[] | undefined): void
  remove(candidate: RouteCandidate, hosts: readonly string[] | undefined): void
  /** `hostName`: lower case, without port. */
  find<Result>(hostName: string, path: string, test: CandidateTest<Result>): Result | undefined
}

/**
 * The index of `radixtree_host_uri`: exact host, then the longest wildcard, then routes without hosts, each with a URI
 * index of its own. So priority never crosses hosts, and a host whose paths do not match falls through to the next.
 */
export function hostIndex(): CandidateIndex {
  const exact = new Map<string, UriIndex>()
  const wildcards = longestLiteral<UriIndex>('suffix')
  const anyHost = uriIndex()

  const place = (host: string) =>
    host.startsWith('*') ? { holder: wildcards, literal: host.slice(1) } : { holder: exact, literal: host }

  return {
    add(candidate, hosts) {
      if (hosts === undefined) return anyHost.add(candidate)
      for (const host of hosts) {
        const { holder, literal } = place(host)
        let index = holder.get(literal)
        if (index === undefined) holder.set(literal, (index = uriIndex()))
        index.add(candidate)
      }
    },
    remove(candidate, hosts) {
      if (hosts === undefined) return anyHost.remove(candidate)
      for (const host of hosts) {
        const { holder, literal } = place(host)
        const index = holder.get(literal)
        index?.remove(candidate)
        if (index?.size === 0) holder.delete(literal)
      }
    },
    find(hostName, path, test) {
      return (
        exact.get(hostName)?.find(path, test) ??
        wildcards.find(hostName, (index) => index.find(path, test)) ??
        anyHost.find(path, test)
      )
    },
  }
}

/** The index of the two URI routers: hosts are one more condition of a route, and priority crosses them. */
export function hostlessIndex(): CandidateIndex {
  const index = uriIndex()
  return {
    add: (candidate) => index.add(candidate),
    remove: (candidate) => index.remove(candidate),
    find: (_hostName, path, test) => index.find(path, test),
  }
}
