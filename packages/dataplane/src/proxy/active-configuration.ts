import type { Entry, EntryRef, JsonValue } from '@outlast/snapshot'
import { activators, isActiveKind, type ActiveKind, type ActiveKinds, type ActiveObject } from './active-objects.ts'
import type { ConnectionPools } from './connection-pools.ts'
import { isJsonObject } from './json-object.ts'
import { blockingPlugin, type PluginGate } from './plugin-gate.ts'
import { createRouter, type RouterItem, type RouterName, type RouterRequest } from './router.ts'
import { type ExchangeTimeouts, type UpstreamTarget } from './upstream-target.ts'

/** What configuration says about a request. */
export type Resolution =
  | {
      readonly status: 'proxy'
      readonly upstream: UpstreamTarget
      readonly timeouts: ExchangeTimeouts
      readonly websocket: boolean
    }
  | { readonly status: 'answer'; readonly code: 404 | 502 | 503; readonly message: string }

/** The configuration in effect. */
export interface ActiveConfiguration {
  resolve(request: RouterRequest): Resolution
  /** Whatever can fail happens now: throws a `TypeError` with a reason, and nothing has changed. */
  prepare(change: { readonly upserted: readonly Entry[]; readonly removed: readonly EntryRef[] }): PreparedChange
}

interface PreparedChange {
  /** Enabled plugins in the change that routes are refused for. */
  readonly blockingPlugins: ReadonlySet<string>
  /** Takes the whole change into effect; never throws. */
  commit(): void
}

type ActiveMaps = { readonly [Kind in ActiveKind]: Map<string, ActiveKinds[Kind]> }

const notFound: Resolution = { status: 'answer', code: 404, message: '404 Route Not Found' }

export function activeConfiguration(options: {
  readonly router?: RouterName | undefined
  readonly pools: ConnectionPools
}): ActiveConfiguration {
  // Ties are broken by id, so that every node routes alike whether it loaded a snapshot or followed changes.
  const router = createRouter({ router: options.router, routes: [], tieBreak: 'id' })
  const active: ActiveMaps = {
    routes: new Map(),
    services: new Map(),
    upstreams: new Map(),
    plugin_configs: new Map(),
    global_rules: new Map(),
  }

  function put<Kind extends ActiveKind>(kind: Kind, id: string, value: ActiveKinds[Kind] | undefined): void {
    const map: Map<string, ActiveKinds[Kind]> = active[kind]
    const before = map.get(id)
    // The new one first: what both use must not be closed in between.
    for (const node of targetOf(value)?.nodes ?? []) options.pools.retain(node.pool)
    for (const node of targetOf(before)?.nodes ?? []) options.pools.release(node.pool)
    if (value === undefined) map.delete(id)
    else map.set(id, value)
  }

  function prepareUpsert(entry: Entry, blocking: Set<string>): () => void {
    const { kind, id, value } = entry
    if (!isActiveKind(kind)) return () => undefined
    const activate: (value: JsonValue) => ActiveKinds[ActiveKind] = activators[kind]
    const activated = activate(value)
    const item: RouterItem = { ...(isJsonObject(value) ? value : {}), id }
    for (const [name, enabled] of gateOf(activated) ?? []) if (enabled) blocking.add(name)
    const route = kind === 'routes' ? router.prepare(item) : undefined
    return () => {
      put(kind, id, activated)
      route?.()
      if (kind === 'services') router.putService(item)
    }
  }

  function remove({ kind, id }: EntryRef): void {
    if (!isActiveKind(kind)) return
    put(kind, id, undefined)
    if (kind === 'routes') router.delete(id)
    if (kind === 'services') router.deleteService(id)
  }

  function resolve(request: RouterRequest): Resolution {
    const id = router.match(request)?.route.id
    const route = id === undefined ? undefined : active.routes.get(id)
    if (route === undefined) return notFound
    const service = route.serviceId === undefined ? undefined : active.services.get(route.serviceId)
    if (route.serviceId !== undefined && service === undefined) {
      return { status: 'answer', code: 404, message: 'the service of the route does not exist' }
    }
    const { pluginConfigId } = route
    const pluginConfig = pluginConfigId === undefined ? undefined : active.plugin_configs.get(pluginConfigId)
    if (pluginConfigId !== undefined && pluginConfig === undefined) {
      return refusal('the plugin_config of the route does not exist')
    }
    const blocking = blockingPlugin([route.gate, pluginConfig, service?.gate]) ?? blockingGlobalRule()
    if (blocking !== undefined) return refusal(`plugin ${blocking} is not supported, so the route is refused`)
    return resolveUpstream(route, service)
  }

  function blockingGlobalRule(): string | undefined {
    for (const gate of active.global_rules.values()) {
      const blocking = blockingPlugin([gate])
      if (blocking !== undefined) return blocking
    }
    return undefined
  }

  function resolveUpstream(route: ActiveObject, service: ActiveObject | undefined): Resolution {
    const owner = hasUpstream(route) ? route : service
    const { upstreamId } = owner ?? {}
    const upstream = upstreamId === undefined ? owner?.upstream : active.upstreams.get(upstreamId)
    if (upstream === undefined) {
      return upstreamId === undefined
        ? refusal('missing upstream configuration in Route or Service')
        : { status: 'answer', code: 502, message: 'the upstream of the route does not exist' }
    }
    if (upstream.picker.size === 0) return refusal('no valid upstream node')
    return {
      status: 'proxy',
      upstream,
      timeouts: route.timeouts ?? upstream.timeouts,
      websocket: route.websocket ?? service?.websocket ?? false,
    }
  }

  return {
    resolve,
    prepare({ upserted, removed }) {
      const blockingPlugins = new Set<string>()
      const commits = upserted.map((entry) => prepareUpsert(entry, blockingPlugins))
      return {
        blockingPlugins,
        commit() {
          for (const ref of removed) remove(ref)
          for (const commit of commits) commit()
        },
      }
    },
  }
}

function refusal(message: string): Resolution {
  return { status: 'answer', code: 503, message }
}

function hasUpstream(object: ActiveObject): boolean {
  return object.upstream !== undefined || object.upstreamId !== undefined
}

function targetOf(value: ActiveKinds[ActiveKind] | undefined): UpstreamTarget | undefined {
  if (value === undefined || isGate(value)) return undefined
  return 'nodes' in value ? value : value.upstream
}

function gateOf(value: ActiveKinds[ActiveKind]): PluginGate | undefined {
  if (isGate(value)) return value
  return 'nodes' in value ? undefined : value.gate
}

function isGate(value: ActiveKinds[ActiveKind]): value is PluginGate {
  return value instanceof Map
}
