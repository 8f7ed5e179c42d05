import type { Entry, EntryRef } from '@outlast/snapshot'
import { eachInSlices } from '../importer/in-slices.ts'
import { activators, isActiveKind, type ActiveKind, type ActiveKinds } from './active-objects.ts'
import type { ConnectionPools } from './connection-pools.ts'
import { isJsonObject } from './json-object.ts'
import type { PluginGate } from './plugin-gate.ts'
import { createRouter, type Router, type RouterItem, type RouterName } from './router.ts'
import type { TargetNode } from './upstream-target.ts'

export interface TablesOptions {
  readonly router?: RouterName | undefined
  readonly pools: ConnectionPools
}

/** An entry made ready. */
export interface ActiveEntry<Kind extends ActiveKind = ActiveKind> {
  readonly kind: Kind
  readonly id: string
  readonly object: ActiveKinds[Kind]
  readonly item: RouterItem
}

type ActiveMaps = { readonly [Kind in ActiveKind]: Map<string, ActiveEntry<Kind>> }

/** Everything that a request is resolved with. */
export interface ConfigurationTables {
  readonly router: Router
  get<Kind extends ActiveKind>(kind: Kind, id: string): ActiveKinds[Kind] | undefined
  /** All of one kind. */
  entries<Kind extends ActiveKind>(kind: Kind): Iterable<ActiveEntry<Kind>>
  /** In two steps: whatever can throw (a `TypeError` with a reason) happens now; the returned function never does. */
  prepare(entry: ActiveEntry): () => void
  delete(ref: EntryRef): void
}

/** `undefined` for kinds that are none of the proxy's business. Throws a `TypeError` with a reason. */
export function activeEntry({ kind, id, value }: Entry): ActiveEntry | undefined {
  if (!isActiveKind(kind)) return undefined
  return { kind, id, object: activators[kind](value), item: { ...(isJsonObject(value) ? value : {}), id } }
}

/** Empty tables. They hold on to the connections of what is put into them. */
export function configurationTables({ router: name, pools }: TablesOptions): ConfigurationTables {
  // Ties are broken by id, so that every node routes alike whether it loaded a snapshot or followed changes.
  const router = createRouter({ router: name, routes: [], tieBreak: 'id' })
  const active: ActiveMaps = {
    routes: new Map(),
    services: new Map(),
    upstreams: new Map(),
    plugin_configs: new Map(),
    global_rules: new Map(),
  }

  function set(kind: ActiveKind, id: string, entry: ActiveEntry | undefined): void {
    const map: Map<string, ActiveEntry> = active[kind]
    const before = map.get(id)
    // The new one first: what both use must not be closed in between.
    for (const { pool } of nodesOf(entry)) pools.retain(pool)
    for (const { pool } of nodesOf(before)) pools.release(pool)
    if (entry === undefined) map.delete(id)
    else map.set(id, entry)
  }

  return {
    router,
    get: (kind, id) => active[kind].get(id)?.object,
    entries: (kind) => active[kind].values(),
    prepare(entry) {
      const { kind, id, item } = entry
      const route = kind === 'routes' ? router.prepare(item) : undefined
      return () => {
        set(kind, id, entry)
        route?.()
        if (kind === 'services') router.putService(item)
      }
    },
    delete({ kind, id }) {
      if (!isActiveKind(kind)) return
      set(kind, id, undefined)
      if (kind === 'routes') router.delete(id)
      if (kind === 'services') router.deleteService(id)
    },
  }
}

/** Lets go of the connections of tables that nobody resolves with any more; in slices. */
export async function releaseTables(tables: ConfigurationTables, pools: ConnectionPools): Promise<void> {
  for (const kind of activeKinds) {
    await eachInSlices(tables.entries(kind), (entry) => {
      for (const { pool } of nodesOf(entry)) pools.release(pool)
    })
  }
}

/** Services before routes: a route that waits for the hosts of its service would be placed twice. */
export const activeKinds: readonly ActiveKind[] = ['services', 'routes', 'upstreams', 'plugin_configs', 'global_rules']

/** What routes are refused for, when it is enabled: plugins by name. */
export function gateOf(object: ActiveKinds[ActiveKind]): PluginGate | undefined {
  if (object instanceof Map) return object
  return 'gate' in object ? object.gate : undefined
}

function nodesOf(entry: ActiveEntry | undefined): readonly TargetNode[] {
  const object = entry?.object
  if (object === undefined || object instanceof Map) return []
  if ('nodes' in object) return object.nodes
  return 'upstream' in object ? (object.upstream?.nodes ?? []) : []
}
