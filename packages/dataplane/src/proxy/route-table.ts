import { CompiledRoute } from './compiled-route.ts'
import { hostIndex, hostlessIndex } from './host-index.ts'
import { MatchRequest } from './match-request.ts'
import { normalizePath } from './normalize-path.ts'
import type { RouteMatch } from './route-candidate.ts'
import { identifier, type RouteFields } from './route-fields.ts'
import type { RouterName, RouterRequest } from './router.ts'
import { ServiceRoutes } from './service-routes.ts'

/** Routes for those who keep them by id themselves. */
export interface RouteTable {
  /** `path`: the normalized one, where the caller has it already. */
  find(request: RouterRequest, path?: string): RouteMatch | undefined
  /**
   * Everything that can go wrong: throws a `TypeError` that says why the route cannot be matched. `rank` decides between
   * routes equal in literal path, priority and length, the lower first; all of a table are numbers, or all texts.
   */
  compile(id: string, fields: RouteFields, rank: number | string): CompiledRoute
  /** A route is in one table at a time, and once. */
  add(route: CompiledRoute): void
  remove(route: CompiledRoute): void
  /** For routes without hosts that name the service. `undefined`: any host. */
  setServiceHosts(id: string, hosts: readonly string[] | undefined): void
}

/** A route as this router matches it. Throws a `TypeError` with a reason when it cannot be matched. */
export function compileRoute(
  router: RouterName,
  id: string,
  fields: RouteFields,
  rank: number | string,
): CompiledRoute {
  return new CompiledRoute(id, fields, {
    parameters: router === 'radixtree_uri_with_parameter',
    checksHosts: router !== 'radixtree_host_uri',
    rank,
  })
}

export function routeTable(name: RouterName): RouteTable {
  const byHost = name === 'radixtree_host_uri' ? hostIndex() : undefined
  const index = byHost ?? hostlessIndex()
  const services = new Map<string, ServiceRoutes>()

  function serviceOf(id: string): ServiceRoutes {
    let service = services.get(id)
    if (service === undefined) services.set(id, (service = new ServiceRoutes(id, byHost)))
    return service
  }

  /** A service that no route names and that has no hosts is as good as none. */
  function forgetUnused(service: ServiceRoutes): void {
    if (service.routeCount === 0 && service.hosts === undefined) services.delete(service.id)
  }

  return {
    find(request, path = normalizePath(request.path)) {
      return path === undefined ? undefined : index.find(new MatchRequest(request, path))
    },
    compile: (id, fields, rank) => compileRoute(name, id, fields, rank),
    add(route) {
      const serviceId = identifier(route.fields['service_id'])
      route.service = serviceId === undefined ? undefined : serviceOf(serviceId)
      if (route.service?.add(route) !== true) index.add(route.candidates, route.hosts)
    },
    remove(route) {
      if (route.service?.remove(route) !== true) index.remove(route.candidates, route.hosts)
      if (route.service !== undefined) forgetUnused(route.service)
    },
    setServiceHosts(id, hosts) {
      const service = serviceOf(id)
      if (!sameHosts(service.hosts, hosts)) service.hosts = hosts
      forgetUnused(service)
    },
  }
}

function sameHosts(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((host, at) => host === b[at])
}
