import type { Entry } from '@outlast/snapshot'
import { referencesOf, type Reference } from '@outlast/snapshot/apisix'

import { groupKey, groupSpan, kindSpan } from '../group-keys.ts'
import { isJsonObject, parseStored, type JsonObject } from '../json-object.ts'
import { keySpan, type ConfigStore, type StoredItem } from '../store/config-store.ts'
import { AdminError, ownerNotFound } from './admin-error.ts'
import { adminKinds, type AdminKind } from './admin-kinds.ts'
import { entryIndex } from './entry-index.ts'

interface Place {
  readonly store: ConfigStore
  readonly group: string
}

/** Kinds that others can refer to; only these can be in use. Owned items go with their owners. */
const referredKinds: ReadonlySet<string> = new Set([
  'upstreams',
  'services',
  'plugin_configs',
  'consumer_groups',
  'ssls',
  'protos',
  'stream_routes',
])

/**
 * Throws the 400 that APISIX answers when `entry` uses what does not exist (404 when its owner does not). What stands in a
 * plugin's settings is not checked, as in APISIX. Resolves to what the answer depends on, for the transaction that writes
 * the entry to compare.
 */
export async function requireReferences(
  { store, group }: Place,
  entry: Entry,
): Promise<readonly { readonly key: string; readonly modRevision: number }[]> {
  const found = []
  for (const reference of referencesOf(entry).filter(({ path }) => path[0] !== 'plugins')) {
    const { kind, id } = reference
    if (kind === entry.kind && id === entry.id) {
      throw new AdminError(400, 'stream route can not set itself as superior_id')
    }
    const [item] = (await store.range({ keys: keySpan(groupKey(group, { kind, id })) })).items
    if (item === undefined) {
      throw missing(reference)
    }
    requireFit(entry, reference, item)
    found.push({ key: item.key, modRevision: item.modRevision })
  }
  return found
}

function missing({ kind, id, path }: Reference): AdminError {
  if (path.length === 0) {
    return ownerNotFound(kind)
  }
  if (kind === 'stream_routes') {
    return new AdminError(400, `failed to fetch stream routes[${id}], response code: 404`)
  }
  const label = adminKinds.find(({ name }) => name === kind)?.singular ?? kind
  return new AdminError(400, `failed to fetch ${label} info by ${label} id [${id}], response code: 404`)
}

function requireFit(entry: Entry, { kind, id }: Reference, item: StoredItem): void {
  const used = parseStored(item.value)
  if (kind === 'ssls' && used['type'] !== 'client') {
    throw new AdminError(400, `failed to fetch ssl info by ssl id [${id}], wrong ssl type`)
  }
  if (kind === 'stream_routes' && protocolOf(used) !== protocolOf(entry.value)) {
    throw new AdminError(400, 'protocol mismatch: subordinate protocol does not match superior protocol')
  }
}

function protocolOf(value: Entry['value']): unknown {
  const protocol = isJsonObject(value) ? value['protocol'] : undefined
  return isJsonObject(protocol) ? protocol['name'] : undefined
}

/** Throws the 400 that APISIX answers when another resource uses this one. */
export function requireUnused(store: ConfigStore): (group: string, kind: AdminKind, id: string) => Promise<void> {
  const find = entryIndex({
    store,
    spanOf: groupSpan,
    namesOf: (entry) => usesIn(entry).map((use) => nameOf(use)),
  })
  return async (group, kind, id) => {
    if (!referredKinds.has(kind.name)) {
      return
    }
    const used = { kind: kind.name, id }
    const users = await find(group, nameOf(used))
    for (const user of adminKinds.filter(({ ownerKind }) => ownerKind === undefined)) {
      const [first] = users.filter((entry) => entry.kind === user.storedAs).toSorted(byId)
      const use = first && usesIn(first).find((reference) => nameOf(reference) === nameOf(used))
      if (first !== undefined && use !== undefined) {
        throw inUse(kind, { user, name: first.id, use })
      }
    }
  }
}

/** But for that of an owner, with which an entry goes. */
function usesIn(entry: Entry): readonly Reference[] {
  return referencesOf(entry).filter(({ path }) => path.length > 0)
}

function nameOf({ kind, id }: Pick<Reference, 'kind' | 'id'>): string {
  return `${kind}/${id}`
}

function byId(left: Entry, right: Entry): number {
  return left.id < right.id ? -1 : 1
}

function inUse(
  kind: AdminKind,
  { user, name, use }: { readonly user: AdminKind; readonly name: string; readonly use: Reference },
): AdminError {
  const refusal = `can not delete this ${kind.singular}${kind.deletionRefusal}`
  if (kind.name === 'stream_routes') {
    return new AdminError(400, `${refusal} stream route [${name}] is still using it as superior_id`)
  }
  const place = use.path[0] === 'plugins' && kind.name !== 'protos' ? 'plugin in ' : ''
  return new AdminError(400, `${refusal} ${place}${user.userName} [${name}] is still using it now`)
}

/** Throws the 400 that APISIX answers when another global rule has one of these plugins already: which of them would run? */
export async function requireOwnPlugins(
  { store, group }: Place,
  { id, value }: { readonly id: string; readonly value: JsonObject },
): Promise<void> {
  const keys = kindSpan(group, 'global_rules')
  const wanted = Object.keys(objectIn(value, 'plugins'))
  for (const item of (await store.range({ keys })).items) {
    const other = item.key.slice(keys.from.length)
    const taken = other === id ? {} : objectIn(parseStored(item.value), 'plugins')
    const twice = wanted.find((name) => Object.hasOwn(taken, name))
    if (twice !== undefined) {
      throw new AdminError(400, `plugin '${twice}' already exists in global rule with id '${other}'`)
    }
  }
}

function objectIn(value: JsonObject, name: string): JsonObject {
  const found = value[name]
  return isJsonObject(found) ? found : {}
}
