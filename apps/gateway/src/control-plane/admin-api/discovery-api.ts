import type { Clock, JsonValue } from '@outlast/snapshot'

import { secretMask } from '../../snapshot/mask-secrets.ts'
import { groupKey, kindSpan } from '../group-keys.ts'
import { isJsonObject, parseStoredValue } from '../json-object.ts'
import { keySpan, type ConfigStore, type StoredItem } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { AdminAnswer, AdminChange, AdminRequest } from './admin-operation.ts'
import { requireObject, valueCheck } from './check-value.ts'
import { invalid } from './identify.ts'
import { mergeValue } from './merge-value.ts'
import { requireGroup } from './resource-writer.ts'
import { untilCommitted } from './until-committed.ts'

type Handler = (request: AdminRequest) => Promise<AdminAnswer>

/** How a gateway group finds the nodes of its upstreams: by type, with the settings of APISIX's `discovery`. */
export interface DiscoveryApi {
  readonly list: Handler
  readonly get: Handler
  readonly put: Handler
  readonly patch: Handler
  readonly remove: Handler
}

const kind = 'discovery'
const typePattern = /^[a-zA-Z0-9._-]{1,64}$/
/** Stands for a secret, in answers. */
const hidden = '***'

/** The service discovery of gateway groups. Answers hold no secret. Rejects with `AdminError` or `StoreError`. */
export function discoveryApi({ store, clock }: { readonly store: ConfigStore; readonly clock: Clock }): DiscoveryApi {
  const check = valueCheck()
  const mask = secretMask(() => hidden)
  const shown = (id: string, value: JsonValue): JsonValue => mask.entry({ kind, id, value }).value
  const read = async ({ group, type }: Place): Promise<StoredItem | undefined> =>
    (await store.range({ keys: keySpan(groupKey(group, { kind, id: type })) })).items[0]
  const listed = (group: string, item: StoredItem) => {
    const type = item.key.slice(kindSpan(group, kind).from.length)
    return {
      key: publicKey({ group, type }),
      value: shown(type, parseStoredValue(item.value)),
      createdIndex: item.createRevision,
      modifiedIndex: item.modRevision,
    }
  }

  const write = async (
    request: AdminRequest,
    make: (existing: StoredItem | undefined) => JsonValue,
  ): Promise<{ readonly isNew: boolean; readonly value: JsonValue; readonly revision: number }> => {
    const { group, type } = placeIn(request)
    const key = groupKey(group, { kind, id: type })
    const { existing, value, result } = await untilCommitted(async () => {
      const terms = await requireGroup({ store, clock }, group)
      const present = await read({ group, type })
      const next = make(present)
      check({ name: kind }, { kind, id: type, value: next })
      return {
        existing: present,
        value: next,
        result: await store.transaction({
          compare: [{ key, modRevision: present?.modRevision ?? 0 }, ...terms.compare],
          operations: [{ type: 'put', key, value: JSON.stringify(next) }, ...terms.operations],
        }),
      }
    })
    return { isNew: existing === undefined, value, revision: result.revision }
  }

  const answer = (
    request: AdminRequest,
    action: AdminChange['action'],
    { value, revision }: { readonly value: JsonValue; readonly revision: number },
  ): AdminAnswer => {
    const place = placeIn(request)
    return {
      status: action === 'create' ? 201 : 200,
      body: { key: publicKey(place), value: shown(place.type, value) },
      change: audited(action, place, revision),
    }
  }

  return {
    async list({ parameters, signal }) {
      const group = parameters['gateway_group_id'] ?? ''
      await requireGroup({ store, clock }, group)
      const { items } = await store.range({ keys: kindSpan(group, kind), signal })
      return { status: 200, body: { total: items.length, list: items.map((item) => listed(group, item)) } }
    },
    async get(request) {
      const place = placeIn(request)
      await requireGroup({ store, clock }, place.group)
      const item = await read(place)
      if (item === undefined) {
        throw keyNotFound()
      }
      return { status: 200, body: listed(place.group, item) }
    },
    async put(request) {
      const value = given(request)
      const written = await write(request, () => value)
      return answer(request, written.isNew ? 'create' : 'replace', written)
    },
    async patch(request) {
      const changes = requireObject(given(request))
      const written = await write(request, (existing) => {
        if (existing === undefined) {
          throw keyNotFound()
        }
        const present = parseStoredValue(existing.value)
        if (!isJsonObject(present)) {
          throw new AdminError(400, 'can not change a list of settings in part, put all of it')
        }
        return mergeValue(present, changes)
      })
      return answer(request, 'patch', written)
    },
    async remove(request) {
      const place = placeIn(request)
      const { result } = await untilCommitted(async () => {
        const terms = await requireGroup({ store, clock }, place.group)
        const item = await read(place)
        if (item === undefined) {
          throw keyNotFound()
        }
        const { key, modRevision } = item
        return {
          result: await store.transaction({
            compare: [{ key, modRevision }, ...terms.compare],
            operations: [{ type: 'delete', key }, ...terms.operations],
          }),
        }
      })
      return {
        status: 200,
        body: { key: publicKey(place), deleted: '1' },
        change: audited('delete', place, result.revision),
      }
    },
  }
}

interface Place {
  readonly group: string
  readonly type: string
}

function placeIn({ parameters }: AdminRequest): Place {
  const type = parameters['discovery_type'] ?? ''
  if (!typePattern.test(type)) {
    throw new AdminError(400, 'invalid discovery type')
  }
  return { group: parameters['gateway_group_id'] ?? '', type }
}

/** Settings are an object, or a list of them: that of Kubernetes' clusters. */
function given({ body }: AdminRequest): JsonValue {
  const value = Array.isArray(body) ? body : requireObject(body)
  if (holdsHidden(value)) {
    throw invalid(
      `${hidden} stands for a secret that was not shown: give the secret, or leave its field out of a PATCH`,
    )
  }
  return value
}

function holdsHidden(value: JsonValue): boolean {
  if (typeof value === 'string') {
    return value.includes(hidden)
  }
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsHidden)
}

function audited(action: AdminChange['action'], { group, type }: Place, revision: number): AdminChange {
  return { action, kind, id: type, group, revision }
}

function publicKey({ group, type }: Place): string {
  return `/apisix/gateway_groups/${group}/${kind}/${type}`
}
