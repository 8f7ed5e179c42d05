import type { JsonValue } from '@outlast/snapshot'

import { idText, isJsonObject, type JsonObject } from './json-object.ts'

/** A use of another resource. */
export interface Reference {
  readonly kind: string
  readonly id: string
  /** Whether it stands in a plugin's configuration: then it is not checked on write, as in APISIX. */
  readonly inPlugin: boolean
}

/** One kind of resource, as the Admin API treats it. */
export interface AdminKind {
  /** In paths and keys. */
  readonly name: string
  /** In messages. */
  readonly singular: string
  /** All that APISIX knows; others are refused. */
  readonly fields: ReadonlySet<string>
  readonly unsupportedMethods: ReadonlySet<string>
  /** What lists can be filtered by. */
  readonly filterFields: ReadonlySet<string>
  /** What stands in the message that refuses a deletion, after `can not delete this <kind>`. */
  readonly deletionRefusal: string
}

const commonFields = ['id', 'name', 'desc', 'labels', 'create_time', 'update_time']

function adminKind(kind: {
  readonly name: string
  readonly singular: string
  readonly fields: readonly string[]
  readonly unsupportedMethods?: readonly string[]
  readonly filterFields?: readonly string[]
  readonly deletionRefusal?: string
}): AdminKind {
  return {
    deletionRefusal: ',',
    ...kind,
    fields: new Set([...commonFields, ...kind.fields]),
    unsupportedMethods: new Set(kind.unsupportedMethods),
    filterFields: new Set(kind.filterFields),
  }
}

/** The kinds that are served, in the order in which uses of a resource are looked for. Another kind is another line. */
export const adminKinds: readonly AdminKind[] = [
  adminKind({
    name: 'routes',
    singular: 'route',
    // prettier-ignore
    fields: [
      'uri', 'uris', 'host', 'hosts', 'remote_addr', 'remote_addrs', 'methods', 'priority', 'vars', 'filter_func',
      'script', 'script_id', 'plugins', 'plugin_config_id', 'upstream', 'upstream_id', 'service_id', 'timeout',
      'enable_websocket', 'status',
    ],
    filterFields: ['service_id', 'upstream_id'],
  }),
  adminKind({
    name: 'services',
    singular: 'service',
    fields: ['plugins', 'upstream', 'upstream_id', 'script', 'enable_websocket', 'hosts'],
    deletionRefusal: ' directly,',
  }),
  adminKind({
    name: 'upstreams',
    singular: 'upstream',
    // prettier-ignore
    fields: [
      'nodes', 'retries', 'retry_timeout', 'timeout', 'tls', 'keepalive_pool', 'type', 'checks', 'hash_on', 'key',
      'scheme', 'discovery_type', 'discovery_args', 'pass_host', 'upstream_host', 'service_name',
    ],
  }),
]

/** Fields of any resource that hold the id of another, and how messages name it. */
export const referenceFields: readonly { readonly field: string; readonly kind: string; readonly label: string }[] = [
  { field: 'upstream_id', kind: 'upstreams', label: 'upstream' },
  { field: 'service_id', kind: 'services', label: 'service' },
  { field: 'plugin_config_id', kind: 'plugin_configs', label: 'plugin config' },
]

/** Kinds that others can refer to; only these can be in use. */
export const referredKinds: ReadonlySet<string> = new Set(referenceFields.map(({ kind }) => kind))

/** Every resource that `value` uses. */
export function referencesOf(value: JsonObject): readonly Reference[] {
  const direct = referenceFields.flatMap(({ field, kind }) => {
    const id = idText(value[field])
    return id === undefined ? [] : [{ kind, id, inPlugin: false }]
  })
  return [...trafficSplitReferences(value), ...direct]
}

function trafficSplitReferences(value: JsonObject): readonly Reference[] {
  const split = objectIn(value, 'plugins', 'traffic-split')
  return arrayIn(split, 'rules')
    .flatMap((rule) => arrayIn(rule, 'weighted_upstreams'))
    .flatMap((weighted) => {
      const id = isJsonObject(weighted) ? idText(weighted['upstream_id']) : undefined
      return id === undefined ? [] : [{ kind: 'upstreams', id, inPlugin: true }]
    })
}

function objectIn(value: JsonValue, ...path: readonly string[]): JsonValue {
  let current: JsonValue = value
  for (const name of path) {
    current = (isJsonObject(current) ? current[name] : undefined) ?? null
  }
  return current
}

function arrayIn(value: JsonValue, name: string): readonly JsonValue[] {
  const found = isJsonObject(value) ? value[name] : undefined
  return Array.isArray(found) ? [...found] : []
}
