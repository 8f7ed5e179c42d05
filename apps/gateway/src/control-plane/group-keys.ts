import type { EntryRef } from '@outlast/snapshot'

import { prefixSpan, type KeySpan } from './store/config-store.ts'

/** Everything below belongs to the gateway group; what a data plane names as its etcd prefix, and a slash. */
function groupPrefix(group: string): string {
  return `/gateway_groups/${group}/`
}

export function groupSpan(group: string): KeySpan {
  return prefixSpan(groupPrefix(group))
}

/** All items of one kind. */
export function kindSpan(group: string, kind: string): KeySpan {
  return prefixSpan(`${groupPrefix(group)}${kind}/`)
}

export function groupKey(group: string, { kind, id }: EntryRef): string {
  return `${groupPrefix(group)}${kind}/${id}`
}

/** The item that a key names; `undefined` for keys outside of the group, or without an id. */
export function entryRefOf(group: string, key: string): EntryRef | undefined {
  const prefix = groupPrefix(group)
  const path = key.startsWith(prefix) ? key.slice(prefix.length) : ''
  const slash = path.indexOf('/')
  return slash < 1 || slash === path.length - 1 ? undefined : { kind: path.slice(0, slash), id: path.slice(slash + 1) }
}
