import type { RouterItem } from '@outlast/dataplane/proxy'

export interface BenchRoute extends RouterItem {
  readonly uri: string
}

/** Routes, and for each of them what it takes to ask for it. */
export interface RouteSet {
  readonly routes: readonly BenchRoute[]
  readonly hosts: readonly string[]
  /** A path as on the wire that only the route at this place of the list takes; another one for another `salt`. */
  path(at: number, salt: number): string
}

type Shape = 'exact' | 'prefix' | 'parameters'

/**
 * Routes as gateways have them: 60 % exact paths, 25 % prefixes, 15 % with parameters, or prefixes instead of those
 * where a router knows no parameters. `hostCount` of 0: without hosts.
 */
export function routeSet(
  size: number,
  { parameters, hostCount }: { readonly parameters: boolean; readonly hostCount: number },
): RouteSet {
  const shapeOf = (at: number): Shape => {
    const place = at % 20
    if (place < 12) return 'exact'
    return parameters && place >= 17 ? 'parameters' : 'prefix'
  }
  const base = (at: number): string => `/tenants/${at % 61}/service-${at % 997}/orders-${at}`
  const hosts = Array.from({ length: Math.max(1, hostCount) }, (_, at) => `team-${at}.example.com`)
  return {
    hosts,
    routes: Array.from({ length: size }, (_, at): BenchRoute => {
      const tail = { exact: '', prefix: '/*', parameters: '/items/:item/parts/:part' }[shapeOf(at)]
      const uri = `${base(at)}${tail}`
      return { id: String(100_000_000 + at), uri, ...(hostCount > 0 && { host: hosts[at % hostCount] }) }
    }),
    path(at, salt) {
      const tail = { exact: '', prefix: `/reports/${salt}`, parameters: `/items/${salt}/parts/main` }[shapeOf(at)]
      return `${base(at)}${tail}`
    },
  }
}
