import {
  compileRoute,
  hostMatches,
  hostsOf,
  type CompiledRoute,
  type MatchRequest,
  type RouteFields,
} from './compile-route.ts'
import { hostIndex, hostlessIndex } from './host-index.ts'
import { normalizePath } from './normalize-path.ts'
import type { RouteCandidate } from './route-candidate.ts'

/** APISIX's names of its HTTP routers. */
export type RouterName = 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'

/** A route or service as the Admin API takes it, with its id. */
export interface RouterItem extends RouteFields {
  readonly id: string
}

export interface RouterRequest {
  readonly method: string
  /** As in the Host header. */
  readonly host: string
  /** As on the wire, with query. */
  readonly path: string
  /** Names in any case; node:http's `headers` fit as they are. */
  readonly headers?: { readonly [name: string]: string | readonly string[] | undefined } | undefined
  readonly remoteAddr?: string | undefined
  /** Only for `post_arg_*` variables: the text of a form. */
  readonly body?: string | undefined
}

export interface RouterMatch {
  readonly id: string
  /** As it was given. */
  readonly route: RouteFields
  readonly params: { readonly [name: string]: string }
}

export interface RouterOptions {
  /** Default `radixtree_host_uri`, as in APISIX. */
  readonly router?: RouterName | undefined
  readonly routes: readonly RouterItem[]
  readonly services?: readonly RouterItem[] | undefined
  /**
   * What decides between routes equal in literal path, priority and length: their place in the list (default; a new
   * route goes last), or their id, which gives every node the same answer however it came to its configuration.
   */
  readonly tieBreak?: 'list' | 'id' | undefined
}

export interface Router {
  match(request: RouterRequest): RouterMatch | undefined
  /** Adds a route, or replaces the one with the same id. Throws a `TypeError` that says why it cannot, and then changes nothing. */
  put(route: RouterItem): void
  delete(id: string): void
  /** Routes without hosts take those of their service. */
  putService(service: RouterItem): void
  deleteService(id: string): void
  /** Like `put` in two steps, without the id in `fields`: whatever can throw happens now; the returned function never does. */
  prepare(id: string, fields: RouteFields): () => void
}

interface PlacedRoute {
  readonly route: CompiledRoute
  readonly hosts: readonly string[] | undefined
  readonly candidates: readonly RouteCandidate[]
}

/** Route matching of Apache APISIX (lua-resty-radixtree, `apisix/http/router/*`). */
export function createRouter(options: RouterOptions): Router {
  const name = options.router ?? 'radixtree_host_uri'
  const byHost = name === 'radixtree_host_uri'
  const index = byHost ? hostIndex() : hostlessIndex()
  const placed = new Map<string, PlacedRoute>()
  const serviceHosts = new Map<string, readonly string[]>()
  const routesByService = new Map<string, Set<string>>()
  let sequence = 0

  function place(route: CompiledRoute): void {
    const ofService = route.serviceId === undefined ? undefined : serviceHosts.get(route.serviceId)
    const hosts = route.hosts ?? ofService
    const candidates = route.matchable ? route.patterns.map((pattern) => ({ route, pattern })) : []
    for (const candidate of candidates) index.add(candidate, hosts)
    placed.set(route.id, { route, hosts, candidates })
  }

  function displace(entry: PlacedRoute): void {
    for (const candidate of entry.candidates) index.remove(candidate, entry.hosts)
  }

  function link(route: CompiledRoute): void {
    if (route.serviceId === undefined) return
    const routes = routesByService.get(route.serviceId)
    if (routes === undefined) routesByService.set(route.serviceId, new Set([route.id]))
    else routes.add(route.id)
  }

  function unlink(route: CompiledRoute): void {
    if (route.serviceId === undefined) return
    const routes = routesByService.get(route.serviceId)
    routes?.delete(route.id)
    if (routes?.size === 0) routesByService.delete(route.serviceId)
  }

  function setServiceHosts(id: string, hosts: readonly string[] | undefined): void {
    if (sameHosts(serviceHosts.get(id), hosts)) return
    if (hosts === undefined) serviceHosts.delete(id)
    else serviceHosts.set(id, hosts)
    for (const routeId of routesByService.get(id) ?? []) {
      const entry = placed.get(routeId)
      if (entry === undefined || entry.route.hosts !== undefined) continue
      displace(entry)
      place(entry.route)
    }
  }

  function prepare(id: string, fields: RouteFields): () => void {
    const known = placed.get(id)?.route.rank
    const rank = options.tieBreak === 'id' ? id : (known ?? (sequence += 1))
    const route = compileRoute(id, fields, { parameters: name === 'radixtree_uri_with_parameter', rank })
    return () => {
      remove(id)
      place(route)
      link(route)
    }
  }

  function remove(id: string): void {
    const entry = placed.get(id)
    if (entry === undefined) return
    displace(entry)
    unlink(entry.route)
    placed.delete(id)
  }

  function match(request: RouterRequest): RouterMatch | undefined {
    const normalizedPath = normalizePath(request.path)
    if (normalizedPath === undefined) return undefined
    const hostHeader = request.host.toLowerCase()
    const hostName = hostHeader.replace(/:\d*$/, '')
    const asked: MatchRequest = { ...request, normalizedPath, hostHeader, hostName }
    return index.find(hostName, normalizedPath, ({ route, pattern }) => {
      if (!route.accepts(asked)) return undefined
      if (!byHost) {
        const hosts = placed.get(route.id)?.hosts
        if (hosts !== undefined && !hostMatches(hosts, asked)) return undefined
      }
      const params = pattern.match(normalizedPath)
      return params === undefined ? undefined : { id: route.id, route: route.fields, params }
    })
  }

  const router: Router = {
    match,
    prepare,
    put: (route) => prepare(route.id, route)(),
    delete: remove,
    putService: (service) => setServiceHosts(service.id, hostsOf(service)),
    deleteService: (id) => setServiceHosts(id, undefined),
  }
  for (const service of options.services ?? []) router.putService(service)
  for (const route of options.routes) router.put(route)
  return router
}

function sameHosts(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((host, at) => host === b[at])
}
