import type { Clock } from '@outlast/snapshot'
import { commonFields, instanceKinds } from '@outlast/snapshot/apisix'
import { z } from 'zod'

import { isGroupName } from '../../gateway-group.ts'
import {
  defaultGroup,
  newDataPlaneToken,
  registeredGroup,
  registrationKey,
  registrationSpan,
  tokenKey,
} from '../gateway-groups.ts'
import { groupSpan, kindSpan } from '../group-keys.ts'
import { idText, parseStored } from '../json-object.ts'
import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { AdminAnswer, AdminRequest } from './admin-operation.ts'
import { inWords, refuseTimes, requireObject } from './check-value.ts'
import { invalid } from './identify.ts'
import { selectItems } from './list-query.ts'
import { untilCommitted } from './until-committed.ts'

type Handler = (request: AdminRequest) => Promise<AdminAnswer>

export interface GatewayGroupApi {
  readonly list: Handler
  readonly get: Handler
  /** Creates with a new token for data planes, which is told this once; or changes name, description and labels. */
  readonly put: Handler
  /** Refuses the default group, those of the configuration, and one that still holds resources unless forced. */
  readonly remove: Handler
}

/** What a client may say of a group. */
export const gatewayGroupSchema: z.ZodType = z.strictObject({
  id: z.string().optional(),
  name: commonFields.name,
  desc: commonFields.desc,
  labels: commonFields.labels,
})

/**
 * The gateway groups of a control plane. What belongs to a group stays where it is when the group is deleted by force: it
 * is there again when the group is created again.
 */
export function gatewayGroupApi(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  /** Named by the configuration file, which would bring them back. */
  readonly configured: readonly string[]
  readonly exclusively: <T>(action: () => Promise<T>) => Promise<T>
}): GatewayGroupApi {
  const { store, clock, configured, exclusively } = options
  const now = (): number => Math.floor(clock.now() / 1000)
  const find = async (id: string) => (await store.range({ keys: keySpan(registrationKey(id)) })).items[0]

  const put = async ({ parameters, body }: AdminRequest): Promise<AdminAnswer> => {
    const value = requireObject(body)
    const id = parameters['gateway_group_id'] ?? ''
    if (!isGroupName(id)) {
      throw invalid('property "id" must be 1 to 64 letters, digits, dots, dashes and underscores')
    }
    if (value['id'] !== undefined && idText(value['id']) !== id) {
      throw new AdminError(400, 'wrong gateway group id')
    }
    refuseTimes(value)
    const issue = gatewayGroupSchema.safeParse(value).error?.issues[0]
    if (issue !== undefined) {
      throw invalid(inWords(issue))
    }
    // The default group and those of the configuration have their tokens from there.
    const { token, kept } = newDataPlaneToken()
    const { isNew, stored, result } = await untilCommitted(async () => {
      const existing = await find(id)
      const isFirst = existing === undefined && id !== defaultGroup
      const createTime = existing && parseStored(existing.value)['create_time']
      const next = { ...value, id, create_time: createTime ?? now(), update_time: now() }
      return {
        isNew: isFirst,
        stored: next,
        result: await store.transaction({
          compare: [{ key: registrationKey(id), modRevision: existing?.modRevision ?? 0 }],
          operations: [
            { type: 'put', key: registrationKey(id), value: JSON.stringify(next) },
            ...(isFirst ? [{ type: 'put' as const, key: tokenKey(id), value: kept }] : []),
          ],
        }),
      }
    })
    const { revision } = result
    return {
      status: isNew ? 201 : 200,
      body: { key: publicKey(id), value: stored, ...(isNew && { token }) },
      change: { action: isNew ? 'create' : 'replace', kind: 'gateway_groups', id, revision },
    }
  }

  const remove = async ({ parameters, query }: AdminRequest): Promise<AdminAnswer> => {
    const id = parameters['gateway_group_id'] ?? ''
    if (id === defaultGroup) {
      throw new AdminError(400, 'can not delete the gateway group default')
    }
    const forced = query.get('force') === 'true'
    const { result } = await untilCommitted(async () => {
      const existing = await find(id)
      if (existing === undefined) {
        throw keyNotFound()
      }
      if (configured.includes(id)) {
        throw new AdminError(400, 'can not delete this gateway group, the configuration file still names it')
      }
      const resources = forced ? 0 : await countResources(store, id)
      if (resources > 0) {
        throw new AdminError(400, `can not delete this gateway group, it still holds ${resources} resources`)
      }
      const { key, modRevision } = existing
      return {
        result: await store.transaction({
          compare: [{ key, modRevision }],
          operations: [key, tokenKey(id)].map((gone) => ({ type: 'delete', key: gone })),
        }),
      }
    })
    return {
      status: 200,
      body: { key: publicKey(id), deleted: '1' },
      change: { action: 'delete', kind: 'gateway_groups', id, revision: result.revision, forced },
    }
  }

  const list = async ({ signal }: { readonly signal: AbortSignal }) => {
    const { items } = await store.range({ keys: registrationSpan, signal })
    const found = items.map((item) => ({
      key: publicKey(registeredGroup(item)),
      value: parseStored(item.value),
      createdIndex: item.createRevision,
      modifiedIndex: item.modRevision,
    }))
    const standard = { key: publicKey(defaultGroup), value: { id: defaultGroup }, createdIndex: 0, modifiedIndex: 0 }
    return found.some(({ key }) => key === standard.key) ? found : [standard, ...found]
  }

  return {
    list: async (request) => ({
      status: 200,
      body: selectItems(await list(request), { filterFields: new Set(), query: request.query }),
    }),
    get: async (request) => {
      const key = publicKey(request.parameters['gateway_group_id'] ?? '')
      const found = (await list(request)).find((item) => item.key === key)
      if (found === undefined) {
        throw keyNotFound()
      }
      return { status: 200, body: found }
    },
    put: async (request) => exclusively(async () => put(request)),
    remove: async (request) => exclusively(async () => remove(request)),
  }
}

/** Keyring, discovery and the like are no reason to keep a group, and stay. */
async function countResources(store: ConfigStore, group: string): Promise<number> {
  const count = async (keys: Parameters<ConfigStore['range']>[0]['keys']): Promise<number> =>
    (await store.range({ keys, countOnly: true })).count
  const instance = await Promise.all(instanceKinds.map((kind) => count(kindSpan(group, kind))))
  return instance.reduce((left, right) => left - right, await count(groupSpan(group)))
}

function publicKey(id: string): string {
  return `/apisix/gateway_groups/${id}`
}
