import { longestSuffix } from './longest-suffix.ts'
import type { MatchRequest } from './match-request.ts'
import { compareCandidates, firstMatch, type RouteCandidate, type RouteMatch } from './route-candidate.ts'
import { UriIndex } from './uri-index.ts'

/** Where a router keeps the candidates of its routes. `hosts` of `undefined`: any host. */
export interface CandidateIndex {
  add(candidates: readonly RouteCandidate[], hosts: readonly string[] | undefined): void
  remove(candidates: readonly RouteCandidate[], hosts: readonly string[] | undefined): void
  find(request: MatchRequest): RouteMatch | undefined
}

/** Candidates that come to hosts, and go, all at once. */
export interface MountedRoutes {
  readonly isEmpty: boolean
  add(candidates: readonly RouteCandidate[]): void
  remove(candidates: readonly RouteCandidate[]): void
  setHosts(hosts: readonly string[] | undefined): void
  unmount(): void
}

export interface HostIndex extends CandidateIndex {
  mount(hosts: readonly string[] | undefined): MountedRoutes
}

/**
 * The index of `radixtree_host_uri`: exact host, then the longest wildcard, then routes without hosts. Priority never
 * crosses hosts, and a host whose paths do not match falls through to the next.
 */
export function hostIndex(): HostIndex {
  const uris = new UriIndex()
  const exact = new Map<string, HostZone>()
  const wildcards = longestSuffix<HostZone>()
  const anyHost = new HostZone(uris)

  function change(hosts: readonly string[] | undefined, work: (zone: HostZone) => void): void {
    if (hosts === undefined) return work(anyHost)
    for (const host of hosts) {
      const [holder, literal] = host.startsWith('*') ? [wildcards, host.slice(1)] : [exact, host]
      const known = holder.get(literal)
      const zone = known ?? new HostZone(uris)
      work(zone)
      if (zone.isEmpty) holder.delete(literal)
      else if (known === undefined) holder.set(literal, zone)
    }
  }

  return {
    add: (candidates, hosts) => {
      if (candidates.length > 0) change(hosts, (zone) => zone.add(candidates))
    },
    remove: (candidates, hosts) => {
      if (candidates.length > 0) change(hosts, (zone) => zone.remove(candidates))
    },
    mount(firstHosts) {
      const zone = uris.newZone()
      let hosts = firstHosts
      let size = 0
      change(hosts, (each) => each.mount(zone))
      return {
        get isEmpty() {
          return size === 0
        },
        add(candidates) {
          for (const candidate of candidates) uris.add(candidate, zone)
          size += candidates.length
        },
        remove(candidates) {
          for (const candidate of candidates) uris.remove(candidate, zone)
          size -= candidates.length
        },
        setHosts(nextHosts) {
          change(hosts, (each) => each.unmount(zone))
          change(nextHosts, (each) => each.mount(zone))
          hosts = nextHosts
        },
        unmount() {
          change(hosts, (each) => each.unmount(zone))
        },
      }
    },
    find(request) {
      uris.read(request.normalizedPath)
      const found = exact.size === 0 ? undefined : exact.get(request.hostName)?.find(request)
      if (found !== undefined) return found
      const wide = wildcards.size === 0 ? undefined : wildcards.find(request.hostName, (zone) => zone.find(request))
      return wide ?? anyHost.find(request)
    },
  }
}

/** What one host has: candidates of its own, and the zones of others, which it only points to. */
class HostZone {
  readonly #uris: UriIndex
  readonly #own: number
  #ownSize = 0
  #mounted: readonly number[] = none

  constructor(uris: UriIndex) {
    this.#uris = uris
    this.#own = uris.newZone()
  }

  get isEmpty(): boolean {
    return this.#ownSize === 0 && this.#mounted.length === 0
  }

  add(candidates: readonly RouteCandidate[]): void {
    for (const candidate of candidates) this.#uris.add(candidate, this.#own)
    this.#ownSize += candidates.length
  }

  remove(candidates: readonly RouteCandidate[]): void {
    for (const candidate of candidates) this.#uris.remove(candidate, this.#own)
    this.#ownSize -= candidates.length
  }

  mount(zone: number): void {
    this.#mounted = [...this.#mounted, zone]
  }

  unmount(zone: number): void {
    this.#mounted = this.#mounted.filter((each) => each !== zone)
  }

  find(request: MatchRequest): RouteMatch | undefined {
    if (this.#mounted.length === 0) return this.#uris.find(request, this.#own)
    const [only] = this.#mounted
    if (only !== undefined && this.#mounted.length === 1 && this.#ownSize === 0) return this.#uris.find(request, only)
    const candidates: RouteCandidate[] = []
    for (const zone of [this.#own, ...this.#mounted]) this.#uris.collect(request.normalizedPath, zone, candidates)
    return firstMatch(candidates.sort(compareCandidates), request)
  }
}

const none: readonly number[] = []

/** The index of the two URI routers: hosts are one more condition of a route, and priority crosses them. */
export function hostlessIndex(): CandidateIndex {
  const uris = new UriIndex()
  const zone = uris.newZone()
  return {
    add(candidates) {
      for (const candidate of candidates) uris.add(candidate, zone)
    },
    remove(candidates) {
      for (const candidate of candidates) uris.remove(candidate, zone)
    },
    find(request) {
      uris.read(request.normalizedPath)
      return uris.find(request, zone)
    },
  }
}
