import type { Clock, Entry, SnapshotStore } from '@outlast/snapshot'
import { findIssue, keyringOf, keyringKeysOf } from '@outlast/snapshot/apisix'
import { z } from 'zod'

import { keyringChange, readGroupKeyring, type GroupKeyring } from '../group-keyring.ts'
import { keyringKind, newKey, withKeyInFront, withOnlyKeys, withoutKey } from '../keyring-entries.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { AdminAnswer, AdminChange, AdminRequest } from './admin-operation.ts'
import { backupKeyNeeds } from './backup-key-needs.ts'
import { requireObject } from './check-value.ts'
import { invalid } from './identify.ts'
import { requireGroup } from './resource-writer.ts'
import { untilCommitted } from './until-committed.ts'

type Handler = (request: AdminRequest) => Promise<AdminAnswer>

/** Never tells a key, be it in an answer, an error, or the audit log: keys go by their ids, which say nothing about them. */
export interface KeyringApi {
  /** The keys, the active one first, and whether snapshots of the group's backups need them. */
  readonly list: Handler
  /** Puts a new key in front. The exporter encrypts everything anew with it. */
  readonly rotate: Handler
  /** Takes the keys of an operator, in the form of APISIX's `data_encryption`. */
  readonly put: Handler
  /** Takes a key out once nobody needs it. */
  readonly remove: Handler
}

/** What a client may give: one key or several, each of 16 or 32 bytes. */
export const keyringSchema: z.ZodType = z.strictObject(
  { keyring: z.union([z.string(), z.array(z.string()).min(1)]) },
  // Zod's own message would name a field that may be a key in the wrong place.
  { error: 'takes the field keyring, and no other' },
)

/** The keyring of a gateway group. Rejects with `AdminError` or `StoreError`. */
export function keyringApi(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  /** Where a group is backed up to, with its replicas. */
  readonly backups: (group: string) => readonly SnapshotStore[]
}): KeyringApi {
  const { store, clock, backups } = options
  const needs = backupKeyNeeds(backups)

  /** Changes the keyring to what `make` makes of it, for as long as it takes to be the only one that does. */
  const change = async (
    { parameters, signal }: AdminRequest,
    make: (before: GroupKeyring) => Promise<readonly Entry[]>,
  ) => {
    const group = groupIn(parameters)
    const createTime = Math.floor(clock.now() / 1000)
    return untilCommitted(async () => {
      const terms = await requireGroup({ store, clock }, group)
      const before = await readGroupKeyring(store, group, { signal })
      const entries = await make(before)
      const { compare, operations } = keyringChange(group, before, { entries, createTime })
      const result = await store.transaction({
        compare: [...terms.compare, ...compare],
        operations: [...terms.operations, ...operations],
      })
      const { keyIds } = keyringOf(entries)
      return { group, before, keyIds, result }
    })
  }

  return {
    async list({ parameters, signal }) {
      const group = groupIn(parameters)
      await requireGroup({ store, clock }, group)
      const { keyIds, createTimes } = await readGroupKeyring(store, group, { signal })
      const { needOf, unread } = await needs.look(group, signal)
      const list = keyIds.map((id, index) => ({
        id,
        active: index === 0,
        ...(createTimes.has(id) && { create_time: createTimes.get(id) }),
        ...needOf(id),
      }))
      return { status: 200, body: { total: list.length, list, unread_backups: unread } }
    },

    async rotate(request) {
      const key = newKey()
      const { group, keyIds, result } = await change(request, async ({ entries }) => withKeyInFront(entries, key))
      const [id = ''] = keyIds
      return {
        status: 201,
        body: { key: publicKey(group, id), value: { id, active: true } },
        change: audited('rotate', { group, id, revision: result.revision }),
      }
    },

    async put(request) {
      const keys = givenKeys(request)
      const forced = request.query.get('force') === 'true'
      const { group, before, keyIds, result } = await change(request, async (current) => {
        const entries = withOnlyKeys(current.entries, keys)
        const stay = new Set(keyringOf(entries).keyIds)
        const dropped = current.keyIds.filter((keyId) => !stay.has(keyId))
        if (!forced) {
          await needs.requireNone(groupIn(request.parameters), dropped, request.signal)
        }
        return entries
      })
      const isNew = before.entries.length === 0
      return {
        status: isNew ? 201 : 200,
        body: { key: publicKey(group), value: { ids: keyIds } },
        change: audited(isNew ? 'create' : 'replace', {
          group,
          id: keyIds[0] ?? '',
          revision: result.revision,
          forced,
        }),
      }
    },

    async remove(request) {
      const { parameters, query, signal } = request
      const id = parameters['key_id'] ?? ''
      const forced = query.get('force') === 'true'
      const { group, result } = await change(request, async ({ entries, keyIds }) => {
        if (!keyIds.includes(id)) {
          throw keyNotFound()
        }
        if (keyIds[0] === id) {
          throw new AdminError(409, `can not delete the key ${id}, it is the active one`)
        }
        if (!forced) {
          await needs.requireNone(groupIn(parameters), [id], signal)
        }
        return withoutKey(entries, id)
      })
      return {
        status: 200,
        body: { key: publicKey(group, id), deleted: '1' },
        change: audited('delete', { group, id, revision: result.revision, forced }),
      }
    },
  }
}

function givenKeys({ body }: AdminRequest): readonly string[] {
  const value = requireObject(body)
  const issue = keyringSchema.safeParse(value).error?.issues[0] ?? findIssue({ kind: keyringKind, id: '1', value })
  if (issue !== undefined) {
    // What the issue says of a value never quotes it.
    throw invalid([...issue.path.map((name) => `property "${String(name)}"`), issue.message].join(': '))
  }
  return keyringKeysOf([{ kind: keyringKind, id: '1', value }])
}

function audited(
  action: AdminChange['action'],
  about: Pick<AdminChange, 'group' | 'id' | 'revision' | 'forced'>,
): AdminChange {
  return { action, kind: keyringKind, ...about }
}

function groupIn(parameters: AdminRequest['parameters']): string {
  return parameters['gateway_group_id'] ?? ''
}

function publicKey(group: string, ...rest: readonly string[]): string {
  return ['/apisix/gateway_groups', group, keyringKind, ...rest].join('/')
}
