import type { JsonValue } from '@outlast/snapshot'
import { addressMatcher } from './address-matcher.ts'
import type { VariableRequest } from './request-variables.ts'
import type { RouterItem } from './router.ts'
import { uriPattern, type UriPattern } from './uri-pattern.ts'
import { compileVars } from './vars-expression.ts'

/** A request as routes look at it. */
export interface MatchRequest extends VariableRequest {
  /** The Host header in lower case, with its port. */
  readonly hostHeader: string
}

/** A route with everything about it decided that does not depend on the request. */
export interface CompiledRoute {
  readonly item: RouterItem
  readonly patterns: readonly UriPattern[]
  readonly priority: number
  /** Decides between routes that are otherwise equal; the lower goes first. */
  readonly rank: number | string
  readonly serviceId: string | undefined
  /** The route's own hosts, in lower case; `undefined` when it has none. */
  readonly hosts: readonly string[] | undefined
  /** Disabled routes, and routes with Lua in them, take no request. */
  readonly matchable: boolean
  /** Every condition but hosts and path, in APISIX's order. */
  accepts(request: MatchRequest): boolean
}

/** Throws a `TypeError` that says why the route cannot be matched. */
export function compileRoute(
  item: RouterItem,
  options: { readonly parameters: boolean; readonly rank: number | string },
): CompiledRoute {
  const uris = textsOf(item, 'uri', 'uris') ?? []
  const methods = textsOf(item, 'methods', 'methods')
  const allowed = methods === undefined || methods.length === 0 ? undefined : new Set(methods)
  const addresses = textsOf(item, 'remote_addr', 'remote_addrs')
  const fromAddress = addresses === undefined ? undefined : addressMatcher(addresses)
  const { vars } = item
  const expression = vars === undefined ? undefined : compileVars(vars)
  return {
    item,
    patterns: uris.map((uri) => uriPattern(uri, options)),
    priority: typeof item['priority'] === 'number' ? item['priority'] : 0,
    rank: options.rank,
    serviceId: identifier(item['service_id']),
    hosts: hostsOf(item),
    matchable: item['status'] !== 0 && item['filter_func'] === undefined,
    accepts: (request) =>
      (allowed === undefined || allowed.has(request.method)) &&
      (fromAddress === undefined || (request.remoteAddr !== undefined && fromAddress(request.remoteAddr))) &&
      (expression === undefined || expression(request)),
  }
}

/** Hosts of a route or service, in lower case. */
export function hostsOf(item: RouterItem): readonly string[] | undefined {
  const hosts = textsOf(item, 'host', 'hosts')
  return hosts === undefined || hosts.length === 0 ? undefined : hosts.map((host) => host.toLowerCase())
}

/** Whether the request's host is one of `hosts`; a host with a port is compared with the whole Host header. */
export function hostMatches(hosts: readonly string[], request: MatchRequest): boolean {
  return hosts.some((host) => {
    const name = /:\d+$/.test(host) ? request.hostHeader : request.hostName
    return host.startsWith('*') ? name.endsWith(host.slice(1)) : name === host
  })
}

/** References are texts or numbers in APISIX. */
export function identifier(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function textsOf(item: RouterItem, one: string, many: string): readonly string[] | undefined {
  const value = item[one] ?? item[many]
  if (value === undefined || value === null) return undefined
  const texts = Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
  if (!texts.every((text) => typeof text === 'string')) throw new TypeError(`${many} must be texts`)
  return texts
}
