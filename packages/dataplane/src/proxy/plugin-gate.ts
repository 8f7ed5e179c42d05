import type { JsonValue } from '@outlast/snapshot'
import { isJsonObject } from './json-object.ts'

/** Plugins of one object that this proxy does not run: name → enabled. A disabled one still hides its namesake in outer layers. */
export type PluginGate = ReadonlyMap<string, boolean>

/** Without these every request still gets the same answer. */
const observers: ReadonlySet<string> = new Set([
  'clickhouse-logger',
  'datadog',
  'elasticsearch-logger',
  'error-log-logger',
  'file-logger',
  'google-cloud-logging',
  'http-logger',
  'kafka-logger',
  'lago',
  'log-rotate',
  'loggly',
  'loki-logger',
  'node-status',
  'opentelemetry',
  'prometheus',
  'rocketmq-logger',
  'server-info',
  'skywalking',
  'skywalking-logger',
  'sls-logger',
  'splunk-hec-logging',
  'syslog',
  'tcp-logger',
  'tencent-cloud-cls',
  'udp-logger',
  'zipkin',
])

const openGate: PluginGate = new Map()

export type GateOf = (plugins: JsonValue | undefined) => PluginGate

/** Makes one gate for all objects with the same plugins: of very many objects few differ in that. */
export function sharedGates(): GateOf {
  const gates = new Map<string, PluginGate>()
  return (plugins) => {
    const key = gateKey(plugins)
    let gate = gates.get(key)
    if (gate === undefined) gates.set(key, (gate = pluginGate(plugins)))
    return gate
  }
}

/** The same text for plugins with the same gate; made without the gate, which takes longer. */
function gateKey(plugins: JsonValue | undefined): string {
  if (!isJsonObject(plugins)) return ''
  let key = ''
  for (const [name, settings] of Object.entries(plugins)) {
    if (!observers.has(name)) key += `${name.length}${isDisabled(settings) ? '-' : '+'}${name}`
  }
  return key
}

/** Empty when nothing in `plugins` could change an answer. */
export function pluginGate(plugins: JsonValue | undefined): PluginGate {
  if (!isJsonObject(plugins)) return openGate
  const gate = new Map<string, boolean>()
  for (const [name, settings] of Object.entries(plugins)) {
    if (!observers.has(name)) gate.set(name, !isDisabled(settings))
  }
  return gate.size === 0 ? openGate : gate
}

/**
 * The first enabled plugin of a route that this proxy does not run, or `undefined`. Layers from inner to outer (route,
 * plugin_config, service): the innermost that names a plugin decides about it, as in APISIX.
 */
export function blockingPlugin(layers: readonly (PluginGate | undefined)[]): string | undefined {
  const decided = new Set<string>()
  for (const layer of layers) {
    for (const [name, enabled] of layer ?? []) {
      if (decided.has(name)) continue
      if (enabled) return name
      decided.add(name)
    }
  }
  return undefined
}

function isDisabled(settings: JsonValue): boolean {
  const meta = isJsonObject(settings) ? settings['_meta'] : undefined
  return isJsonObject(meta) && meta['disable'] === true
}
