import { randomBytes } from 'node:crypto'

import type { Clock } from '@outlast/snapshot'

import { sha256 } from './secret-list.ts'
import {
  keySpan,
  prefixSpan,
  type ConfigStore,
  type KeySpan,
  type StoredItem,
  type TransactionOptions,
} from './store/config-store.ts'

// Beside what belongs to the groups, so that no data plane and no backup ever sees it.
const registrations = '/outlast/gateway_groups/'
const tokens = '/outlast/data_plane_tokens/'

/** The group that is meant where none is named. It can be written to without being created: the first write does that. */
export const defaultGroup = 'default'

export const registrationSpan: KeySpan = prefixSpan(registrations)

export function registrationKey(group: string): string {
  return `${registrations}${group}`
}

/** The key of the digest of a token that data planes of the group present. */
export function tokenKey(group: string): string {
  return `${tokens}${group}`
}

/** The keys of all digests. */
export const tokenSpan: KeySpan = prefixSpan(tokens)

/** The name of the group whose token a key of `tokenSpan` is about. */
export function tokenGroup({ key }: Pick<StoredItem, 'key'>): string {
  return key.slice(tokens.length)
}

/** The name of the group that a key of `registrationSpan` registers. */
export function registeredGroup({ key }: Pick<StoredItem, 'key'>): string {
  return key.slice(registrations.length)
}

/** A token for data planes, and what is kept of it: enough to recognise it, and nothing to present. */
export function newDataPlaneToken(): { readonly token: string; readonly kept: string } {
  const token = randomBytes(24).toString('base64url')
  return { token, kept: JSON.stringify({ sha256: sha256(token).toString('hex') }) }
}

/** Makes a group known that the configuration names. Writes nothing when it is known already. */
export async function registerGroup(store: ConfigStore, group: string, clock: Clock): Promise<void> {
  await store.transaction(registration(group, clock))
}

/** The names of all groups that were created, in order. */
export async function groupNames(store: ConfigStore, signal?: AbortSignal): Promise<readonly string[]> {
  const { items } = await store.range({ keys: registrationSpan, signal })
  return items.map((item) => registeredGroup(item))
}

/** What a transaction has beside its own, so that its group is there. */
export interface GroupTerms {
  readonly compare: NonNullable<TransactionOptions['compare']>
  readonly operations: TransactionOptions['operations']
}

/**
 * The terms on which a group is written to: it must not be gone by then, and the `default` one is created with its first
 * write. `undefined` when the group does not exist.
 */
export async function groupTerms(store: ConfigStore, group: string, clock: Clock): Promise<GroupTerms | undefined> {
  const [item] = (await store.range({ keys: keySpan(registrationKey(group)) })).items
  if (item !== undefined) {
    return { compare: [{ key: item.key, modRevision: item.modRevision }], operations: [] }
  }
  return group === defaultGroup ? registration(group, clock) : undefined
}

function registration(group: string, clock: Clock): GroupTerms {
  const key = registrationKey(group)
  const now = Math.floor(clock.now() / 1000)
  return {
    compare: [{ key, modRevision: 0 }],
    operations: [{ type: 'put', key, value: JSON.stringify({ id: group, create_time: now, update_time: now }) }],
  }
}
