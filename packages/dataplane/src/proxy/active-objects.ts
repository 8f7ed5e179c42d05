import type { JsonValue } from '@outlast/snapshot'
import type { Route, Service, Upstream } from '@outlast/snapshot/apisix'
import { isJsonObject } from './json-object.ts'
import type { GateOf, PluginGate } from './plugin-gate.ts'
import { identifier } from './route-fields.ts'
import { UpstreamHandle } from './upstream-handle.ts'
import { exchangeTimeouts, type ExchangeTimeouts } from './upstream-target.ts'

/** A route or service, with what a request needs of it. References stay names: what they name may come, change and go. */
export interface ActiveObject {
  readonly serviceId: string | undefined
  readonly upstreamId: string | undefined
  readonly pluginConfigId: string | undefined
  readonly upstream: UpstreamHandle | undefined
  readonly timeouts: ExchangeTimeouts | undefined
  readonly websocket: boolean | undefined
  readonly gate: PluginGate
}

/** Throws a `TypeError` that says what this proxy cannot do. */
function activeObject(
  value: Route | (Service & Pick<Route, 'service_id' | 'plugin_config_id' | 'script_id' | 'timeout'>),
  gateOf: GateOf,
): ActiveObject {
  if (value.script !== undefined || value.script_id !== undefined) {
    throw new TypeError('script is Lua and cannot run here')
  }
  return {
    serviceId: identifier(value.service_id),
    upstreamId: identifier(value.upstream_id),
    pluginConfigId: identifier(value.plugin_config_id),
    upstream: value.upstream === undefined ? undefined : new UpstreamHandle(value.upstream),
    timeouts: value.timeout === undefined ? undefined : exchangeTimeouts(value.timeout),
    websocket: value.enable_websocket,
    gate: gateOf(value.plugins),
  }
}

/** Kinds that decide about requests; every other kind is none of the proxy's business. */
export interface ActiveKinds {
  readonly routes: ActiveObject
  readonly services: ActiveObject
  readonly upstreams: UpstreamHandle
  readonly plugin_configs: PluginGate
  readonly global_rules: PluginGate
}

export type ActiveKind = keyof ActiveKinds

/** How an entry's value of each kind is made ready. */
export const activators: { readonly [Kind in ActiveKind]: (value: JsonValue, gateOf: GateOf) => ActiveKinds[Kind] } = {
  routes: (value, gateOf) => activeObject(validated(value), gateOf),
  services: (value, gateOf) => activeObject(validated(value), gateOf),
  upstreams: (value) => new UpstreamHandle(validated(value)),
  plugin_configs: (value, gateOf) => gateOf(validated(value).plugins),
  global_rules: (value, gateOf) => gateOf(validated(value).plugins),
}

export function isActiveKind(kind: string): kind is ActiveKind {
  return Object.hasOwn(activators, kind)
}

/** A sink validates entries before it applies them, so fields have their types. Fields of every kind in one: each activator reads those of its own. */
function validated(value: JsonValue): Route & Service & Upstream {
  if (!isJsonObject(value)) throw new TypeError('must be an object')
  return value
}
