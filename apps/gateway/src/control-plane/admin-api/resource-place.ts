import type { EntryRef } from '@outlast/snapshot'

import { kindSpan } from '../group-keys.ts'
import { isJsonObject, parseStored, type JsonObject } from '../json-object.ts'
import { prefixSpan, type KeySpan, type StoredItem } from '../store/config-store.ts'
import type { AdminKind } from './admin-kinds.ts'
import type { ListedItem } from './list-query.ts'

/** A collection of one gateway group: all routes, or the credentials of one consumer. */
export interface ResourcePlace {
  readonly kind: AdminKind
  readonly group: string
  /** The id of the consumer or service that the collection belongs to. */
  readonly owner?: string | undefined
}

/** What an item is stored as. `jack/credentials/key-1` is the id of a credential. */
export function entryOf({ kind, owner }: ResourcePlace, id: string): EntryRef {
  return { kind: kind.storedAs, id: owner === undefined ? id : `${owner}/${kind.name}/${id}` }
}

/** What clients call an item: they know APISIX's layout, and where the store keeps it is not their business. */
export function publicKey(place: ResourcePlace, id: string): string {
  const entry = entryOf(place, id)
  return `/apisix/${entry.kind}/${entry.id}`
}

/** All items of the collection, and more when they own others: these are not `isListed`. */
export function placeSpan({ kind, group, owner }: ResourcePlace): KeySpan {
  const all = kindSpan(group, kind.storedAs)
  return owner === undefined ? all : prefixSpan(`${all.from}${owner}/${kind.name}/`)
}

/** All that an item owns. */
export function ownedSpan({ kind, group }: ResourcePlace, id: string): KeySpan {
  return prefixSpan(`${kindSpan(group, kind.storedAs).from}${id}/`)
}

/** Whether an id of a collection, be it a key's or a path's, is that of something that an item owns. */
export function isOwned({ kind }: ResourcePlace, id: string): boolean {
  return kind.identity !== 'manager' && id.includes('/')
}

/** Whether a key of `placeSpan` is that of an item of the collection. */
export function isListed(place: ResourcePlace, key: string): boolean {
  return !isOwned(place, idOf(place, key))
}

export function listedItem(place: ResourcePlace, item: StoredItem): ListedItem {
  return {
    key: publicKey(place, idOf(place, item.key)),
    value: shown(place.kind, parseStored(item.value)),
    createdIndex: item.createRevision,
    modifiedIndex: item.modRevision,
  }
}

function idOf(place: ResourcePlace, key: string): string {
  return key.slice(placeSpan(place).from.length)
}

/** A value without what its kind hides. */
export function shown({ hiddenFields }: AdminKind, value: JsonObject): JsonObject {
  return hiddenFields.reduce((rest, path) => without(rest, path), value)
}

function without(value: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject {
  const inner = Object.hasOwn(value, name) ? value[name] : undefined
  const others = Object.entries(value).filter(([other]) => other !== name)
  if (rest.length === 0) {
    return Object.fromEntries(others)
  }
  return isJsonObject(inner) ? Object.fromEntries([...others, [name, without(inner, rest)]]) : value
}
