import { createHash } from 'node:crypto'

import type { Entry } from '@outlast/snapshot'
import { ownerOf, sensitiveFields } from '@outlast/snapshot/apisix'

import { entryRefOf, groupKey, kindSpan } from '../group-keys.ts'
import { isJsonObject, parseStored } from '../json-object.ts'
import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'

/** What gateways find a consumer by, as APISIX 3.18 lists it (`apisix/consumer.lua`). */
const uniqueFields: ReadonlyMap<string, string> = new Map([
  ['key-auth', 'key'],
  ['basic-auth', 'username'],
  ['jwt-auth', 'key'],
  ['hmac-auth', 'key_id'],
  ['ldap-auth', 'user_dn'],
  ['ldap-auth-advanced', 'user_dn'],
])

/** Who has which key, as far as the store was read. Keys are kept as digests. */
interface Index {
  readonly revision: number
  /** Ids of entries, by plugin and key. Some may be gone by now. */
  readonly owners: Map<string, Set<string>>
  /** The other way round: plugins and keys, by the id of an entry that has been read. */
  readonly names: Map<string, readonly string[]>
}

/** So many entries that are gone are remembered before everything is read anew. */
const maximumGone = 1_000

/**
 * Throws the 400 that APISIX answers when another consumer or credential has a key of this one: which of them would a
 * request be? As there, references are not compared, nor is what another process writes at the same moment.
 *
 * The consumers of a group are read once; after that only those that have changed.
 */
export function requireUniqueKeys(store: ConfigStore): (group: string, entry: Entry) => Promise<void> {
  const indexes = new Map<string, Index>()

  const refresh = async (group: string): Promise<Index> => {
    const known = indexes.get(group)
    const keys = kindSpan(group, 'consumers')
    const { revision, items, count } = await store.range({
      keys,
      ...(known && { minModRevision: known.revision + 1 }),
    })
    // Another store is in its place, or most of what is known is gone.
    if (known !== undefined && (revision < known.revision || known.names.size > count + maximumGone)) {
      indexes.delete(group)
      return refresh(group)
    }
    const { owners, names } = known ?? { owners: new Map<string, Set<string>>(), names: new Map<string, string[]>() }
    for (const { key, value } of items) {
      const id = entryRefOf(group, key)?.id ?? ''
      for (const name of names.get(id) ?? []) {
        forget(owners, name, id)
      }
      const present = uniqueKeysOf(parseStored(value)).map(({ name }) => name)
      names.set(id, present)
      for (const name of present) {
        owners.set(name, (owners.get(name) ?? new Set()).add(id))
      }
    }
    const index = { revision, owners, names }
    indexes.set(group, index)
    return index
  }

  const has = async (group: string, id: string, name: string): Promise<boolean> => {
    const [item] = (await store.range({ keys: keySpan(groupKey(group, { kind: 'consumers', id })) })).items
    return item !== undefined && uniqueKeysOf(parseStored(item.value)).some((unique) => unique.name === name)
  }

  return async (group, entry) => {
    const wanted = uniqueKeysOf(entry.value)
    if (wanted.length === 0) {
      return
    }
    const { owners } = await refresh(group)
    for (const { name, plugin, field } of wanted) {
      for (const id of owners.get(name) ?? []) {
        if (!isSame(entry.id, id) && (await has(group, id, name))) {
          throw new AdminError(400, `duplicate ${field} of plugin ${plugin} found with ${described(id)}`)
        }
      }
    }
  }
}

function forget(owners: Index['owners'], name: string, id: string): void {
  const ids = owners.get(name)
  ids?.delete(id)
  if (ids?.size === 0) {
    owners.delete(name)
  }
}

function uniqueKeysOf(
  value: Entry['value'],
): readonly { readonly plugin: string; readonly field: string; readonly name: string }[] {
  const plugins = isJsonObject(value) ? value['plugins'] : undefined
  return Object.entries(isJsonObject(plugins) ? plugins : {}).flatMap(([plugin, settings]) => {
    const field = uniqueFields.get(plugin)
    const key = field !== undefined && isJsonObject(settings) ? settings[field] : undefined
    if (field === undefined || typeof key !== 'string' || sensitiveFields.isReference?.(key) === true) {
      return []
    }
    return [{ plugin, field, name: `${plugin} ${createHash('sha256').update(key).digest('base64')}` }]
  })
}

/** A consumer may have what its own credentials have; a credential is only itself. */
function isSame(id: string, other: string): boolean {
  return id === other || id === ownerOf({ kind: 'consumers', id: other })
}

function described(id: string): string {
  const owner = ownerOf({ kind: 'consumers', id })
  return owner === undefined ? `consumer: ${id}` : `credential: ${id.split('/').at(-1)} of consumer: ${owner}`
}
