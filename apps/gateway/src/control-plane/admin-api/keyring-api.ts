import type { Clock, Entry, SnapshotStore } from '@outlast/snapshot'
import { findIssue, keyringOf, keyringKeysOf } from '@outlast/snapshot/apisix'
import { z } from 'zod'

import { keyringChange, readGroupKeyring, type GroupKeyring } from '../group-keyring.ts'
import { keyringKind, newKey, withKeyInFront, withOnlyKeys, withoutKey } from '../keyring-entries.ts'
import type { ConfigStore } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { AdminAnswer, AdminChange, AdminRequest } from './admin-operation.ts'
import { backupKeyNeeds } from './backup-key-needs.ts'
import { inWords, requireObject } from './check-value.ts'
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

const keysExpected = { error: 'must be a key, or a list of keys' }

/** What a client may give: one key or several, each of 16 or 32 bytes. */
export const keyringSchema: z.ZodType = z.strictObject(
  { keyring: z.union([z.string(), z.array(z.string()).min(1, keysExpected)], keysExpected) },
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
  const needs = backupKeyNeeds({ store, backups })

  /**
   * Throws 409 when snapshots may need a key that the change takes away. A group that has no keyring yet may be about to get
   * that of its backup, as when its control plane is rebuilt: there every key is lost that the new one does not hold.
   */
  const requireLossless = async (
    { parameters, signal }: AdminRequest,
    before: GroupKeyring,
    entries: readonly Entry[],
  ): Promise<void> => {
    const stay = new Set(keyringOf(entries).keyIds)
    const gone = new Set(before.keyIds.filter((keyId) => !stay.has(keyId)))
    const isFirst = before.keyIds.length === 0
    if (isFirst || gone.size > 0) {
      await needs.requireNone(groupIn(parameters), {
        isLost: (keyId) => (isFirst ? !stay.has(keyId) : gone.has(keyId)),
        // A group that is not backed up has to begin with some keyring.
        withoutBackup: isFirst ? 'passes' : 'refused',
        signal,
      })
    }
  }

  /** Changes the keyring to what `make` makes of it, for as long as it takes to be the only one that does. */
  const change = async (
    request: AdminRequest,
    { forced, make }: { readonly forced: boolean; readonly make: (before: GroupKeyring) => readonly Entry[] },
  ) => {
    const { parameters, signal } = request
    const group = groupIn(parameters)
    const createTime = Math.floor(clock.now() / 1000)
    return untilCommitted(async () => {
      const terms = await requireGroup({ store, clock }, group)
      const before = await readGroupKeyring(store, group, { signal })
      const entries = make(before)
      if (!forced) {
        await requireLossless(request, before, entries)
      }
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
      const { group, keyIds, result } = await change(request, {
        forced: false,
        make: ({ entries }) => withKeyInFront(entries, key),
      })
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
      const { group, before, keyIds, result } = await change(request, {
        forced,
        make: ({ entries }) => withOnlyKeys(entries, keys),
      })
      const isNew = before.keyIds.length === 0
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
      const id = request.parameters['key_id'] ?? ''
      const forced = request.query.get('force') === 'true'
      const make = ({ entries, keyIds }: GroupKeyring): readonly Entry[] => {
        if (!keyIds.includes(id)) {
          throw keyNotFound()
        }
        if (keyIds[0] === id) {
          throw new AdminError(409, `can not delete the key ${id}, it is the active one`)
        }
        return withoutKey(entries, id)
      }
      const { group, result } = await change(request, { forced, make })
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
    throw invalid(inWords(issue))
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
