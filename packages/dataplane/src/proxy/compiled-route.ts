import { addressMatcher, type AddressMatcher } from './address-matcher.ts'
import type { MatchRequest } from './match-request.ts'
import { methodBits } from './method-bits.ts'
import { RouteCandidate } from './route-candidate.ts'
import { hostsOf, identifier, quarantineReason, textsOf, type RouteFields } from './route-fields.ts'
import type { ServiceRoutes } from './service-routes.ts'
import { uriPattern } from './uri-pattern.ts'
import { compileVars, type VarsExpression } from './vars-expression.ts'

export interface CompileOptions {
  /** Whether `:` begins a named part of a path. */
  readonly parameters: boolean
  /** Whether hosts are a condition of the route, and not what it has been found by. */
  readonly checksHosts: boolean
  readonly rank: number | string
}

/** A route with everything about it decided that does not depend on the request. */
export class CompiledRoute {
  readonly id: string
  readonly fields: RouteFields
  readonly priority: number
  /** Decides between routes that are otherwise equal; the lower goes first. */
  readonly rank: number | string
  /** The route's own hosts, in lower case; `undefined` when it has none. */
  readonly hosts: readonly string[] | undefined
  /** Whose hosts it takes when it has none. */
  service: ServiceRoutes | undefined
  /** One for each of its patterns; none for routes that take no request: disabled ones, and those with Lua in them. */
  readonly candidates: readonly RouteCandidate[]
  readonly #conditions: Conditions | undefined

  /** Throws a `TypeError` that says why the route cannot be matched. */
  constructor(id: string, fields: RouteFields, { parameters, checksHosts, rank }: CompileOptions) {
    const { priority } = fields
    const uris = textsOf(fields, 'uri', 'uris') ?? []
    const methods = methodBits(textsOf(fields, 'methods', 'methods') ?? [])
    const matchable = fields['status'] !== 0 && quarantineReason(fields) === undefined
    this.id = id
    this.fields = fields
    this.priority = typeof priority === 'number' ? priority : 0
    this.rank = rank
    this.hosts = hostsOf(fields)
    this.service = undefined
    const hasHosts = this.hosts !== undefined || identifier(fields['service_id']) !== undefined
    this.#conditions = conditionsOf(fields, checksHosts && hasHosts)
    const demands = { methods, conditional: this.#conditions !== undefined }
    this.candidates = matchable
      ? uris.map((uri) => new RouteCandidate(this, uriPattern(uri, { parameters }), demands))
      : []
  }

  /** Every condition but path and method. */
  accepts(request: MatchRequest): boolean {
    if (this.#conditions === undefined) return true
    const { addresses, checksHosts, vars } = this.#conditions
    if (addresses !== undefined && (request.remoteAddr === undefined || !addresses(request.remoteAddr))) return false
    if (checksHosts && !this.#acceptsHost(request)) return false
    return vars === undefined || vars(request)
  }

  #acceptsHost(request: MatchRequest): boolean {
    const hosts = this.hosts ?? this.service?.hosts
    return hosts === undefined || hostMatches(hosts, request)
  }
}

/** What few routes ask for. */
interface Conditions {
  readonly addresses: AddressMatcher | undefined
  readonly checksHosts: boolean
  readonly vars: VarsExpression | undefined
}

function conditionsOf(fields: RouteFields, checksHosts: boolean): Conditions | undefined {
  const texts = textsOf(fields, 'remote_addr', 'remote_addrs')
  const addresses = texts === undefined ? undefined : addressMatcher(texts)
  const vars = fields['vars'] === undefined ? undefined : compileVars(fields['vars'])
  return addresses === undefined && vars === undefined && !checksHosts ? undefined : { addresses, checksHosts, vars }
}

/** Whether the request's host is one of `hosts`; one with a port is compared with the Host header as it was sent. */
function hostMatches(hosts: readonly string[], request: MatchRequest): boolean {
  return hosts.some((host) => {
    const name = host.includes(':') ? request.host : request.hostName
    return host.startsWith('*') ? name.endsWith(host.slice(1)) : name === host
  })
}
