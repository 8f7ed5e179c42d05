import type { JsonValue } from '@outlast/snapshot'
import { addressMatcher } from './address-matcher.ts'
import type { VariableRequest } from './request-variables.ts'
import { uriPattern, type UriPattern } from './uri-pattern.ts'
import { compileVars } from './vars-expression.ts'

/** A request as routes look at it. */
export interface MatchRequest extends VariableRequest {
  /** The Host header in lower case, with its port. */
  readonly hostHeader: string
}

/** A route or service as the Admin API takes it. */
export interface RouteFields {
  readonly [field: string]: JsonValue | undefined
}

/** A route with everything about it decided that does not depend on the request. */
export interface CompiledRoute {
  readonly id: string
  readonly fields: RouteFields
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
  id: string,
  fields: RouteFields,
  options: { readonly parameters: boolean; readonly rank: number | string },
): CompiledRoute {
  const uris = textsOf(fields, 'uri', 'uris') ?? []
  const methods = textsOf(fields, 'methods', 'methods')
  // A list, because there are nine of them at most, and this is kept for every route.
  const allowed = methods === undefined || methods.length === 0 ? undefined : methods
  const addresses = textsOf(fields, 'remote_addr', 'remote_addrs')
  const fromAddress = addresses === undefined ? undefined : addressMatcher(addresses)
  const { vars } = fields
  const expression = vars === undefined ? undefined : compileVars(vars)
  return {
    id,
    fields,
    patterns: uris.map((uri) => uriPattern(uri, options)),
    priority: typeof fields['priority'] === 'number' ? fields['priority'] : 0,
    rank: options.rank,
    serviceId: identifier(fields['service_id']),
    hosts: hostsOf(fields),
    matchable: fields['status'] !== 0 && fields['filter_func'] === undefined,
    accepts: (request) =>
      (allowed === undefined || allowed.includes(request.method)) &&
      (fromAddress === undefined || (request.remoteAddr !== undefined && fromAddress(request.remoteAddr))) &&
      (expression === undefined || expression(request)),
  }
}

/** Hosts of a route or service, in lower case. */
export function hostsOf(fields: RouteFields): readonly string[] | undefined {
  const hosts = textsOf(fields, 'host', 'hosts')
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

function textsOf(fields: RouteFields, one: string, many: string): readonly string[] | undefined {
  const value = fields[one] ?? fields[many]
  if (value === undefined || value === null) return undefined
  const texts = Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
  if (!texts.every((text) => typeof text === 'string')) throw new TypeError(`${many} must be texts`)
  return texts
}
