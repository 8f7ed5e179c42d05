import type { ResourceKind } from '@outlast/snapshot/apisix'

import type { ResourceMethod } from './admin-operation.ts'

/** One kind of resource, as the Admin API treats it. */
export interface AdminKind {
  /** Of its collection, in paths. */
  readonly name: string
  /** In messages. */
  readonly singular: string
  /** The kind of the entries that it is kept as. */
  readonly storedAs: ResourceKind
  /** What names an item: its id, or something that its value or its path says. */
  readonly identity: 'id' | 'username' | 'plugin' | 'manager'
  /** The collection that its own one stands below an item of: that of credentials is `consumers/jack/credentials`. */
  readonly ownerKind?: 'consumers' | 'services' | undefined
  /** Beside the methods that lists and items have. */
  readonly unsupportedMethods: ReadonlySet<string>
  /** What lists can be filtered by. */
  readonly filterFields: ReadonlySet<string>
  /** Secrets that no answer holds, as paths into the value. */
  readonly hiddenFields: readonly (readonly string[])[]
  /** What stands in the message that refuses a deletion, after `can not delete this <singular>`. */
  readonly deletionRefusal: string
  /** How a message calls what uses another resource. */
  readonly userName: string
}

function adminKind(
  name: ResourceKind,
  singular: string,
  kind: {
    readonly identity?: AdminKind['identity']
    readonly without?: readonly ResourceMethod[]
    readonly filterFields?: readonly string[]
    readonly hiddenFields?: AdminKind['hiddenFields']
    readonly deletionRefusal?: string
    readonly userName?: string
  } = {},
): AdminKind {
  const { without = [], filterFields = [], ...rest } = kind
  return {
    name,
    singular,
    storedAs: name,
    identity: 'id',
    unsupportedMethods: new Set(without),
    filterFields: new Set(filterFields),
    hiddenFields: [],
    deletionRefusal: ',',
    userName: singular,
    ...rest,
  }
}

function ownedKind(
  owner: 'consumers' | 'services',
  name: string,
  singular: string,
  without: readonly ResourceMethod[] = [],
): AdminKind {
  return { ...adminKind(owner, singular, { without }), name, ownerKind: owner }
}

const byReference = ['service_id', 'upstream_id']
// What APISIX gives back encrypted only. What plugins hold is shown, as there.
const keyOfUpstream = [['upstream', 'tls', 'client_key']]

/**
 * The kinds that are served, with the methods and messages of APISIX 3.18 (`apisix/admin/*.lua`), in the order in which
 * uses of a resource are looked for. Another kind is another line.
 */
export const adminKinds: readonly AdminKind[] = [
  adminKind('routes', 'route', { filterFields: byReference, hiddenFields: keyOfUpstream }),
  adminKind('services', 'service', { hiddenFields: keyOfUpstream, deletionRefusal: ' directly,' }),
  ownedKind('services', 'graphql_cost_decorations', 'graphql cost decoration'),
  adminKind('stream_routes', 'stream route', {
    without: ['PATCH'],
    filterFields: byReference,
    hiddenFields: keyOfUpstream,
    deletionRefusal: ' directly,',
    userName: 'stream_route',
  }),
  adminKind('upstreams', 'upstream', { hiddenFields: [['tls', 'client_key']] }),
  adminKind('plugin_configs', 'plugin config', { without: ['POST'], userName: 'plugin_config' }),
  adminKind('consumers', 'consumer', { identity: 'username', without: ['POST', 'PATCH'] }),
  ownedKind('consumers', 'credentials', 'credential', ['POST', 'PATCH']),
  adminKind('consumer_groups', 'consumer group', { without: ['POST'], userName: 'consumer_group' }),
  adminKind('global_rules', 'global rule', { without: ['POST'], userName: 'global_rules' }),
  adminKind('plugin_metadata', 'plugin_metadata', { identity: 'plugin', without: ['POST', 'PATCH'] }),
  adminKind('ssls', 'ssl', { hiddenFields: [['key'], ['keys']] }),
  adminKind('secrets', 'secret', { identity: 'manager', without: ['POST'] }),
  adminKind('protos', 'proto', { without: ['PATCH'] }),
]

const ownerParameters = { consumers: 'username', services: 'service_id' } as const
const itemParameters = {
  id: '{id}',
  username: '{username}',
  plugin: '{plugin_name}',
  manager: '{manager}/{id}',
} as const

/** `/routes`, `/consumers/{username}/credentials`: where a kind is listed, below the base of the Admin API. */
export function collectionPath({ name, ownerKind }: AdminKind): string {
  return ownerKind === undefined ? `/${name}` : `/${ownerKind}/{${ownerParameters[ownerKind]}}/${name}`
}

/** `/routes/{id}`, `/secrets/{manager}/{id}`: where one item is. */
export function itemPath(kind: AdminKind): string {
  return `${collectionPath(kind)}/${itemParameters[kind.identity]}`
}

/** The item that the parameters of a path name: its id within the collection, if any, and its owner's id. */
export function placeIn(
  kind: AdminKind,
  parameters: Readonly<Record<string, string>>,
): { readonly owner: string | undefined; readonly id: string | undefined } {
  const { id, manager, username, plugin_name: plugin } = parameters
  const owner = kind.ownerKind && parameters[ownerParameters[kind.ownerKind]]
  const ids = { id, username, plugin, manager: manager === undefined ? undefined : `${manager}/${id ?? ''}` }
  return { owner, id: ids[kind.identity] }
}
