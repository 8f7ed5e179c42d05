import type { Domain } from '../entries/entry.ts'

/** APISIX's resource collections, named as in its store and its Admin API. Credentials are `consumers` with ids like `jack/credentials/key-1`. */
export const resourceKinds = [
  'routes',
  'services',
  'upstreams',
  'consumers',
  'consumer_groups',
  'plugin_configs',
  'plugin_metadata',
  'global_rules',
  'ssls',
  'secrets',
  'protos',
  'stream_routes',
  'plugins',
] as const

/** What resources need before they can be used, and where they are kept. */
export const instanceKinds = ['keyring', 'discovery', 'snapshot_storage'] as const

export type ResourceKind = (typeof resourceKinds)[number]
export type InstanceKind = (typeof instanceKinds)[number]

const instanceKindNames: ReadonlySet<string> = new Set(instanceKinds)

/** The domain that a kind belongs to. Kinds that nobody knows are resources: kept, and never mixed with secrets of the instance. */
export function domainOf(kind: string): Domain {
  return instanceKindNames.has(kind) ? 'instance' : 'resources'
}
