import type { CompiledRoute } from './compiled-route.ts'
import type { RouteMatch } from './route-candidate.ts'
import { hostsOf, quarantineReason, type RouteFields } from './route-fields.ts'
import { routeTable } from './route-table.ts'

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

export type RouterMatch = RouteMatch

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
  /** Routes that take no request because this router cannot run what is in them, by id; and why. */
  readonly quarantined: ReadonlyMap<string, string>
  match(request: RouterRequest): RouterMatch | undefined
  /** Adds a route, or replaces the one with the same id. Throws a `TypeError` that says why it cannot, and then changes nothing. */
  put(route: RouterItem): void
  delete(id: string): void
  /** Routes without hosts take those of their service. */
  putService(service: RouterItem): void
  deleteService(id: string): void
}

/** Route matching of Apache APISIX (lua-resty-radixtree, `apisix/http/router/*`). */
export function createRouter(options: RouterOptions): Router {
  const table = routeTable(options.router ?? 'radixtree_host_uri')
  const routes = new Map<string, CompiledRoute>()
  const quarantined = new Map<string, string>()
  let sequence = 0

  function put(route: RouterItem): void {
    const { id } = route
    const before = routes.get(id)
    const rank = options.tieBreak === 'id' ? id : (before?.rank ?? (sequence += 1))
    const after = table.compile(id, route, rank)
    if (before !== undefined) table.remove(before)
    table.add(after)
    routes.set(id, after)
    const reason = quarantineReason(route)
    if (reason === undefined) quarantined.delete(id)
    else quarantined.set(id, reason)
  }

  const router: Router = {
    quarantined,
    match: (request) => table.find(request),
    put,
    delete(id) {
      const route = routes.get(id)
      if (route === undefined) return
      table.remove(route)
      routes.delete(id)
      quarantined.delete(id)
    },
    putService: (service) => table.setServiceHosts(service.id, hostsOf(service)),
    deleteService: (id) => table.setServiceHosts(id, undefined),
  }
  for (const service of options.services ?? []) router.putService(service)
  for (const route of options.routes) put(route)
  return router
}
