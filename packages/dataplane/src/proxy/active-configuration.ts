import { eachInSlices, entryKey, type Entry, type EntryRef } from '@outlast/snapshot'
import type { ActiveKind, ActiveObject } from './active-objects.ts'
import {
  activeEntry,
  activeKinds,
  configurationTables,
  gateOf,
  releaseTables,
  type ActiveEntry,
  type ConfigurationTables,
  type TablesOptions,
} from './configuration-tables.ts'
import { blockingPlugin, sharedGates, type PluginGate } from './plugin-gate.ts'
import type { RouterRequest } from './router.ts'
import type { ExchangeTimeouts, UpstreamTarget } from './upstream-target.ts'

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
  /** `path`: the normalized one. */
  resolve(request: RouterRequest, path: string): Resolution
  /**
   * Takes the whole change into effect between two requests. A large one is made ready in slices first. Rejects with a
   * `TypeError` with a reason, and then nothing has changed. Calls must not overlap.
   */
  apply(change: Change): Promise<{
    /** Enabled plugins in the change that routes are refused for. */
    readonly blockingPlugins: ReadonlySet<string>
  }>
}

interface Change {
  readonly upserted: readonly Entry[]
  readonly removed: readonly EntryRef[]
}

/** More than this takes too long between two requests; then new tables are made beside those in effect. */
const mostInPlace = 200

const notFound: Resolution = { status: 'answer', code: 404, message: '404 Route Not Found' }

export function activeConfiguration(options: TablesOptions): ActiveConfiguration {
  let tables = configurationTables(options)

  function applyInPlace(upserted: readonly ActiveEntry[], removed: readonly EntryRef[]): void {
    const commits = upserted.map((entry) => tables.prepare(entry))
    for (const ref of removed) tables.delete(ref)
    for (const commit of commits) commit()
  }

  async function replaceTables(upserted: readonly ActiveEntry[], removed: readonly EntryRef[]): Promise<void> {
    const before = tables
    const after = configurationTables(options)
    try {
      await fill(after, before, { upserted, removed })
    } catch (error) {
      await releaseTables(after)
      throw error
    }
    tables = after
    await releaseTables(before, after)
  }

  return {
    resolve: (request, path) => resolve(tables, request, path),
    async apply({ upserted, removed }) {
      const gateFor = sharedGates()
      const entries: ActiveEntry[] = []
      await eachInSlices(upserted, (each) => {
        const entry = activeEntry(each, gateFor)
        if (entry !== undefined) entries.push(entry)
      })
      if (entries.length + removed.length <= mostInPlace) applyInPlace(entries, removed)
      else await replaceTables(entries, removed)
      // Of very many entries few differ in their gate.
      const gates = new Set<PluginGate | undefined>()
      await eachInSlices(entries, ({ object }) => gates.add(gateOf(object)))
      const blockingPlugins = new Set<string>()
      for (const gate of gates) for (const [name, enabled] of gate ?? []) if (enabled) blockingPlugins.add(name)
      return { blockingPlugins }
    },
  }
}

/** Puts into `after` what is in `before`, changed. */
async function fill(
  after: ConfigurationTables,
  before: ConfigurationTables,
  { upserted, removed }: { readonly upserted: readonly ActiveEntry[]; readonly removed: readonly EntryRef[] },
): Promise<void> {
  const gone = new Set<string>()
  const upsertedOf = new Map<ActiveKind, ActiveEntry[]>(activeKinds.map((kind) => [kind, []]))
  await eachInSlices(removed, (ref) => gone.add(entryKey(ref)))
  await eachInSlices(upserted, (entry) => {
    upsertedOf.get(entry.kind)?.push(entry)
    // At a start there is nothing to be replaced.
    if (before.size(entry.kind) > 0) gone.add(entryKey(entry))
  })
  for (const kind of activeKinds) {
    await eachInSlices(before.entries(kind), (entry) => {
      if (!gone.has(entryKey(entry))) after.prepare(entry)()
    })
    await eachInSlices(upsertedOf.get(kind) ?? [], (entry) => after.prepare(entry)())
  }
}

function resolve(tables: ConfigurationTables, request: RouterRequest, path: string): Resolution {
  const id = tables.routes.find(request, path)?.id
  const route = id === undefined ? undefined : tables.get('routes', id)
  if (route === undefined) return notFound
  const service = route.serviceId === undefined ? undefined : tables.get('services', route.serviceId)
  if (route.serviceId !== undefined && service === undefined) {
    return { status: 'answer', code: 404, message: 'the service of the route does not exist' }
  }
  const { pluginConfigId } = route
  const pluginConfig = pluginConfigId === undefined ? undefined : tables.get('plugin_configs', pluginConfigId)
  if (pluginConfigId !== undefined && pluginConfig === undefined) {
    return refusal('the plugin_config of the route does not exist')
  }
  const blocking = blockingPlugin([route.gate, pluginConfig, service?.gate]) ?? blockingGlobalRule(tables)
  if (blocking !== undefined) return refusal(`plugin ${blocking} is not supported, so the route is refused`)
  return resolveUpstream(tables, route, service)
}

function blockingGlobalRule(tables: ConfigurationTables): string | undefined {
  for (const { object } of tables.entries('global_rules')) {
    const blocking = blockingPlugin([object])
    if (blocking !== undefined) return blocking
  }
  return undefined
}

function resolveUpstream(
  tables: ConfigurationTables,
  route: ActiveObject,
  service: ActiveObject | undefined,
): Resolution {
  const owner = hasUpstream(route) ? route : service
  const { upstreamId } = owner ?? {}
  const upstream = upstreamId === undefined ? owner?.upstream : tables.get('upstreams', upstreamId)
  if (upstream === undefined) {
    return upstreamId === undefined
      ? refusal('missing upstream configuration in Route or Service')
      : { status: 'answer', code: 502, message: 'the upstream of the route does not exist' }
  }
  const { target } = upstream
  if (target.picker.size === 0) return refusal('no valid upstream node')
  return {
    status: 'proxy',
    upstream: target,
    timeouts: route.timeouts ?? target.timeouts,
    websocket: route.websocket ?? service?.websocket ?? false,
  }
}

function refusal(message: string): Resolution {
  return { status: 'answer', code: 503, message }
}

function hasUpstream(object: ActiveObject): boolean {
  return object.upstream !== undefined || object.upstreamId !== undefined
}
