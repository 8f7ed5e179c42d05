import { eachInSlices, type Entry, type EntryRef } from '@outlast/snapshot'
import { activators, isActiveKind, type ActiveKind, type ActiveKinds } from './active-objects.ts'
import type { ConnectionPools } from './connection-pools.ts'
import { isJsonObject } from './json-object.ts'
import type { GateOf, PluginGate } from './plugin-gate.ts'
import type { CompiledRoute } from './compiled-route.ts'
import { hostsOf, type RouteFields } from './route-fields.ts'
import { routeTable, type RouteTable } from './route-table.ts'
import type { RouterName } from './router.ts'
import { UpstreamHandle } from './upstream-handle.ts'

export interface TablesOptions {
  readonly router?: RouterName | undefined
  readonly pools: ConnectionPools
}

/** An entry made ready. */
export interface ActiveEntry<Kind extends ActiveKind = ActiveKind> {
  readonly kind: Kind
  readonly id: string
  readonly object: ActiveKinds[Kind]
  readonly fields: RouteFields
}

/** An entry in tables. */
interface PlacedEntry<Kind extends ActiveKind = ActiveKind> extends ActiveEntry<Kind> {
  /** Only a route has it. */
  readonly route: CompiledRoute | undefined
}

type PlacedMaps = { readonly [Kind in ActiveKind]: Map<string, PlacedEntry<Kind>> }

/** Everything that a request is resolved with. */
export interface ConfigurationTables {
  readonly routes: RouteTable
  get<Kind extends ActiveKind>(kind: Kind, id: string): ActiveKinds[Kind] | undefined
  /** How many there are of one kind. */
  size(kind: ActiveKind): number
  /** All of one kind. */
  entries<Kind extends ActiveKind>(kind: Kind): Iterable<ActiveEntry<Kind>>
  /** In two steps: whatever can throw (a `TypeError` with a reason) happens now; the returned function never does. */
  prepare(entry: ActiveEntry): () => void
  delete(ref: EntryRef): void
}

/** `undefined` for kinds that are none of the proxy's business. Throws a `TypeError` with a reason. */
export function activeEntry({ kind, id, value }: Entry, gateFor: GateOf): ActiveEntry | undefined {
  if (!isActiveKind(kind)) return undefined
  return { kind, id, object: activators[kind](value, gateFor), fields: isJsonObject(value) ? value : {} }
}

/** Empty tables. They hold on to the connections of what is put into them. */
export function configurationTables({ router, pools }: TablesOptions): ConfigurationTables {
  const routes = routeTable(router ?? 'radixtree_host_uri')
  const placed: PlacedMaps = {
    routes: new Map(),
    services: new Map(),
    upstreams: new Map(),
    plugin_configs: new Map(),
    global_rules: new Map(),
  }

  function set(kind: ActiveKind, id: string, entry: PlacedEntry | undefined): void {
    const map: Map<string, PlacedEntry> = placed[kind]
    const before = map.get(id)
    const upstream = upstreamOf(entry)
    upstream?.place(pools)
    displace(before, upstream)
    if (before?.route !== undefined) routes.remove(before.route)
    if (entry?.route !== undefined) routes.add(entry.route)
    if (kind === 'services') routes.setServiceHosts(id, entry && hostsOf(entry.fields))
    if (entry === undefined) map.delete(id)
    else map.set(id, entry)
  }

  return {
    routes,
    get: (kind, id) => placed[kind].get(id)?.object,
    size: (kind) => placed[kind].size,
    entries: (kind) => placed[kind].values(),
    prepare({ kind, id, object, fields }) {
      // Ties are broken by id, so that every node routes alike whether it loaded a snapshot or followed changes.
      const route = kind === 'routes' ? routes.compile(id, fields, id) : undefined
      return () => {
        set(kind, id, { kind, id, object, fields, route })
      }
    },
    delete({ kind, id }) {
      if (isActiveKind(kind)) set(kind, id, undefined)
    },
  }
}

/** Lets go of the connections of tables that nobody resolves with any more; in slices. `successor` is what they do resolve with. */
export async function releaseTables(tables: ConfigurationTables, successor?: ConfigurationTables): Promise<void> {
  for (const kind of activeKinds) {
    await eachInSlices(tables.entries(kind), (entry) => {
      displace(entry, upstreamIn(successor?.get(kind, entry.id)))
    })
  }
}

/** Takes an entry out of tables. What comes in its place goes on with its connections, as far as it leads to the same nodes. */
function displace(entry: ActiveEntry | undefined, next: UpstreamHandle | undefined): void {
  const upstream = upstreamOf(entry)
  if (upstream === undefined) return
  // Before the old one lets go of them: what both use must not be closed in between.
  if (upstream.isInUse) void next?.target
  upstream.displace()
}

/** Services before routes: a route that waits for the hosts of its service would be placed twice. */
export const activeKinds: readonly ActiveKind[] = ['services', 'routes', 'upstreams', 'plugin_configs', 'global_rules']

/** What routes are refused for, when it is enabled: plugins by name. */
export function gateOf(object: ActiveKinds[ActiveKind]): PluginGate | undefined {
  if (object instanceof Map) return object
  return 'gate' in object ? object.gate : undefined
}

function upstreamOf(entry: ActiveEntry | undefined): UpstreamHandle | undefined {
  return upstreamIn(entry?.object)
}

function upstreamIn(object: ActiveKinds[ActiveKind] | undefined): UpstreamHandle | undefined {
  if (object instanceof UpstreamHandle) return object
  return object !== undefined && 'upstream' in object ? object.upstream : undefined
}
