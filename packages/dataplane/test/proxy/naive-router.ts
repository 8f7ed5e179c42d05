import type { RouterItem, RouterName, RouterRequest } from '../../src/proxy/index.ts'

interface Configuration {
  readonly router: RouterName
  readonly routes: Iterable<RouterItem>
  readonly services: ReadonlyMap<string, RouterItem>
}

type Answer = { readonly id: string; readonly params: { readonly [name: string]: string } } | undefined

interface Candidate {
  readonly route: RouterItem
  readonly uri: string
  readonly literal: string
  readonly exact: boolean
  readonly hosts: readonly string[] | undefined
}

/** Route matching written down as APISIX describes it, with no thought of speed. Paths must be normal already, `vars` only `[["arg_v", "==", text]]`. */
export function naiveMatch({ router, routes, services }: Configuration, request: RouterRequest): Answer {
  const [path = '', query = ''] = request.path.split('?')
  const hostName = request.host.replace(/:\d*$/, '').toLowerCase()
  const candidates = [...routes]
    .flatMap((route) => candidatesOf(route, router, services))
    .filter(({ exact, literal }) => (exact ? path === literal : path.startsWith(literal)))

  const firstOf = (group: readonly Candidate[]): Answer => {
    for (const { route, uri, exact } of [...group].sort(inOrder)) {
      const params = exact ? {} : paramsOf(uri, path)
      if (takes(route, { ...request, path: query }) && params !== undefined) return { id: route.id, params }
    }
    return undefined
  }

  if (router !== 'radixtree_host_uri') {
    return firstOf(
      candidates.filter(({ hosts }) => hosts?.some((host) => hostFits(host, request.host, hostName)) ?? true),
    )
  }
  const wildcards = new Set(candidates.flatMap(({ hosts = [] }) => hosts.filter((host) => host.startsWith('*'))))
  const groups = [
    candidates.filter(({ hosts }) => hosts?.includes(hostName)),
    ...[...wildcards]
      .filter((wildcard) => hostName.endsWith(wildcard.slice(1)))
      .sort((a, b) => b.length - a.length)
      .map((wildcard) => candidates.filter(({ hosts }) => hosts?.includes(wildcard))),
    candidates.filter(({ hosts }) => hosts === undefined),
  ]
  for (const group of groups) {
    const answer = firstOf(group)
    if (answer !== undefined) return answer
  }
  return undefined
}

function candidatesOf(route: RouterItem, router: RouterName, services: ReadonlyMap<string, RouterItem>): Candidate[] {
  if (route['status'] === 0 || route['filter_func'] !== undefined) return []
  const { service_id: serviceId } = route
  const ofService = typeof serviceId === 'object' ? undefined : services.get(String(serviceId))
  const hosts = (texts(route, 'host', 'hosts') ?? (ofService && texts(ofService, 'host', 'hosts')))?.map((host) =>
    host.toLowerCase(),
  )
  return (texts(route, 'uri', 'uris') ?? []).map((uri) => {
    const colon = router === 'radixtree_uri_with_parameter' ? uri.indexOf(':') : -1
    const end = colon >= 0 ? colon : uri.indexOf('*')
    return { route, uri, hosts, exact: end < 0, literal: end < 0 ? uri : uri.slice(0, end) }
  })
}

/** The sort is stable, so what is equal stays as it is in the list. */
function inOrder(a: Candidate, b: Candidate): number {
  return (
    Number(b.exact) - Number(a.exact) ||
    b.literal.length - a.literal.length ||
    Number(b.route['priority'] ?? 0) - Number(a.route['priority'] ?? 0) ||
    b.uri.length - a.uri.length
  )
}

function hostFits(host: string, hostHeader: string, hostName: string): boolean {
  const name = host.includes(':') ? hostHeader : hostName
  return host.startsWith('*') ? name.endsWith(host.slice(1)) : name === host
}

function paramsOf(uri: string, path: string): { readonly [name: string]: string } | undefined {
  const names: string[] = []
  const segments = uri.split('/').map((segment) => {
    if (segment.startsWith(':') || segment.startsWith('*')) names.push(segment.slice(1))
    if (segment.startsWith(':')) return '([^/]+)'
    return segment.startsWith('*') ? '([^]*)' : segment.replaceAll('*', String.raw`\*`)
  })
  if (names.length === 0) return {}
  const found = new RegExp(`^${segments.join('/')}$`).exec(path)
  if (found === null) return undefined
  return Object.fromEntries(names.map((name, at) => [name, found[at + 1] ?? '']).filter(([name]) => name !== ''))
}

function takes(route: RouterItem, { method, remoteAddr, path: query }: RouterRequest): boolean {
  const [methods, addresses] = [texts(route, 'methods', 'methods'), texts(route, 'remote_addr', 'remote_addrs')]
  if (methods !== undefined && !methods.includes(method)) return false
  if (addresses !== undefined && !addresses.some((address) => addressFits(address, remoteAddr ?? ''))) return false
  const { vars } = route
  return !Array.isArray(vars) || vars.every((condition) => Array.isArray(condition) && query === `v=${condition[2]}`)
}

/** As long as blocks end at a dot. */
function addressFits(listed: string, address: string): boolean {
  const [network = '', length] = listed.split('/')
  return length === undefined
    ? network === address
    : address.startsWith(
        network
          .split('.')
          .slice(0, Number(length) / 8)
          .join('.') + '.',
      )
}

function texts(item: RouterItem, one: string, many: string): readonly string[] | undefined {
  const value = item[many] ?? item[one]
  if (value === undefined) return undefined
  return (Array.isArray(value) ? value : [value]).map(String)
}
