import type { z } from 'zod'
import type { Upstream } from './upstream.ts'

const hashableVariable =
  /^(uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id|arg_[0-9a-zA-z_-]+)$/
const hashableName = /^[a-zA-Z0-9\-_]+$/

/** What APISIX demands of an upstream's fields together (`check_upstream_conf` in its `upstream.lua`). */
export function checkUpstream(upstream: Upstream, context: z.RefinementCtx): void {
  const refuse = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', message, path })
  const sources = troubleWithSources(upstream)
  if (sources !== undefined) refuse(sources)
  for (const address of Object.keys(upstream.nodes ?? {})) {
    if (!Array.isArray(upstream.nodes) && !hasPossiblePort(address))
      refuse('has an impossible port', ['nodes', address])
  }
  if (upstream.pass_host === 'rewrite' && upstream.upstream_host === undefined) {
    refuse('needs upstream_host beside pass_host rewrite')
  }
  if (upstream.type === 'chash') {
    const key = troubleWithHashKey(upstream)
    if (key !== undefined) refuse(key, ['key'])
  }
}

function troubleWithSources({ nodes, service_name, discovery_type }: Upstream): string | undefined {
  const isDiscovered = service_name !== undefined && discovery_type !== undefined
  if (nodes !== undefined) {
    return isDiscovered ? 'takes nodes or service_name with discovery_type, not both' : undefined
  }
  if (isDiscovered) return undefined
  return service_name === undefined
    ? 'needs nodes or service_name with discovery_type'
    : 'needs discovery_type beside service_name'
}

// `host:port` and `[v6]:port`; more than one colon without brackets is an IPv6 address, which has no port.
function hasPossiblePort(address: string): boolean {
  const port = /^(?:\[.*\]|[^:[]*):([0-9]+)$/.exec(address)?.[1]
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)
}

function troubleWithHashKey({ hash_on = 'vars', key }: Upstream): string | undefined {
  if (hash_on === 'consumer') return undefined
  if (key === undefined) return 'is needed by chash'
  if (hash_on === 'vars' && !hashableVariable.test(key)) return 'is no variable that chash can use'
  const isName = hash_on === 'header' || hash_on === 'cookie'
  return isName && !hashableName.test(key) ? 'must be letters, digits, dashes and underscores' : undefined
}
