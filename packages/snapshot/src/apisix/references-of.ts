import type { Entry, JsonValue } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { ownerOf } from './owner-of.ts'

/** A use of another resource. */
export interface Reference {
  /** Where in the value it stands; empty when it follows from the entry's own id. */
  readonly path: readonly (string | number)[]
  /** What is used. */
  readonly kind: string
  readonly id: string
}

type Path = Reference['path']

const fields: ReadonlyMap<string, readonly { readonly path: Path; readonly kind: string }[]> = new Map([
  [
    'routes',
    [
      { path: ['service_id'], kind: 'services' },
      { path: ['upstream_id'], kind: 'upstreams' },
      { path: ['plugin_config_id'], kind: 'plugin_configs' },
    ],
  ],
  ['services', [{ path: ['upstream_id'], kind: 'upstreams' }]],
  [
    'stream_routes',
    [
      { path: ['service_id'], kind: 'services' },
      { path: ['upstream_id'], kind: 'upstreams' },
      { path: ['protocol', 'superior_id'], kind: 'stream_routes' },
    ],
  ],
  ['consumers', [{ path: ['group_id'], kind: 'consumer_groups' }]],
])

const certificate: Path = ['tls', 'client_cert_id']
const kindsWithPlugins: ReadonlySet<string> = new Set([
  'routes',
  'services',
  'stream_routes',
  'consumers',
  'consumer_groups',
  'plugin_configs',
  'global_rules',
])

/** Every resource that an entry uses by its id. Values that are no ids are passed over; nothing is thrown, whatever the value is. */
export function referencesOf(entry: Entry): Reference[] {
  const { kind, value } = entry
  const found: Reference[] = []
  const add = (path: Path, target: string): void => {
    const id = idText(valueAt(value, path))
    if (id !== undefined) found.push({ path, kind: target, id })
  }
  const owner = ownerOf(entry)
  if (owner !== undefined) found.push({ path: [], kind, id: owner })
  else for (const field of fields.get(kind) ?? []) add(field.path, field.kind)
  if (kind === 'upstreams') add(certificate, 'ssls')
  if (kindsWithPlugins.has(kind)) {
    add(['upstream', ...certificate], 'ssls')
    add(['plugins', 'grpc-transcode', 'proto_id'], 'protos')
    for (const path of weightedUpstreams(value)) {
      add([...path, 'upstream_id'], 'upstreams')
      add([...path, 'upstream', ...certificate], 'ssls')
    }
  }
  return found
}

// Beside grpc-transcode the only plugin of APISIX that names other resources.
function weightedUpstreams(value: JsonValue): Path[] {
  const rules: Path = ['plugins', 'traffic-split', 'rules']
  return pathsOfItems(value, rules).flatMap((rule) => pathsOfItems(value, [...rule, 'weighted_upstreams']))
}

function pathsOfItems(value: JsonValue, path: Path): Path[] {
  const list = valueAt(value, path)
  return Array.isArray(list) ? list.map((_, index): Path => [...path, index]) : []
}

function valueAt(value: JsonValue, path: Path): JsonValue | undefined {
  let current: JsonValue | undefined = value
  for (const name of path) {
    if (Array.isArray(current) && typeof name === 'number') current = (current as readonly JsonValue[])[name]
    else if (isJsonObject(current) && Object.hasOwn(current, name)) current = current[name]
    else return undefined
  }
  return current
}

function idText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
