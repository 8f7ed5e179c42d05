import type { Clock, JsonValue } from '@outlast/snapshot'

import { groupKey } from '../group-keys.ts'
import { idText, parseStored, type JsonObject } from '../json-object.ts'
import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { AdminError, keyNotFound, ownerNotFound } from './admin-error.ts'
import type { AdminKind } from './admin-kinds.ts'
import type { AdminAnswer, ResourceMethod } from './admin-operation.ts'
import { refuseTimes, requireObject, valueCheck } from './check-value.ts'
import { identify } from './identify.ts'
import { listResources } from './list-resources.ts'
import { mergeValue, replaceAt } from './merge-value.ts'
import { entryOf, isListed, isOwned, listedItem, publicKey, shown, type ResourcePlace } from './resource-place.ts'
import { requireGroup, resourceWriter } from './resource-writer.ts'

/** A request for one kind. */
export interface ResourceRequest extends ResourcePlace {
  readonly id?: string | undefined
  readonly subPath?: string | undefined
  readonly query: URLSearchParams
  readonly body: JsonValue | undefined
  readonly signal: AbortSignal
}

/** APISIX's Admin API for any kind, on the store. Rejects with `AdminError` or `StoreError`. */
export function resourceApi(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  /** Reference checks and the write they allow must not interleave with another write's. */
  readonly exclusively: <T>(action: () => Promise<T>) => Promise<T>
}): (method: ResourceMethod, request: ResourceRequest) => Promise<AdminAnswer> {
  const { store, clock, exclusively } = options
  const writer = resourceWriter({ store, clock })
  const check = valueCheck()
  const now = (): number => Math.floor(clock.now() / 1000)

  const requireValid = (request: ResourceRequest, id: string, value: JsonObject): void => {
    check(request.kind, { ...entryOf(request, id), value: withId(request, id, value) })
  }
  const answer = (
    request: ResourceRequest,
    id: string,
    written: { readonly status: number; readonly value: JsonObject; readonly revision: number },
  ): AdminAnswer => {
    const { kind, group } = request
    const action = written.status === 201 ? 'create' : 'replace'
    return {
      status: written.status,
      body: { key: publicKey(request, id), value: shown(kind, written.value) },
      change: { action, kind: kind.name, id: entryOf(request, id).id, group, revision: written.revision },
    }
  }

  /** As APISIX answers for a list that belongs to nobody. (There one that is merely empty is not found either.) */
  const requireOwner = async ({ group, kind, owner, signal }: ResourceRequest): Promise<void> => {
    const key = owner === undefined ? undefined : groupKey(group, { kind: kind.storedAs, id: owner })
    if (key !== undefined && (await store.range({ keys: keySpan(key), countOnly: true, signal })).count === 0) {
      throw keyNotFound()
    }
  }

  const get = async (request: ResourceRequest): Promise<AdminAnswer> => {
    const { id } = request
    if (id === undefined) {
      const body = await listResources(store, request)
      if (body.total === 0) {
        await requireOwner(request)
      }
      return { status: 200, body }
    }
    const item = await writer.read(request, id)
    if (item === undefined || !isListed(request, item.key)) {
      throw keyNotFound()
    }
    return { status: 200, body: listedItem(request, item) }
  }

  const put = async (request: ResourceRequest): Promise<AdminAnswer> => {
    const body = requireObject(request.body)
    const id = identify(request.kind, request.id, body)
    refuseTimes(body)
    requireValid(request, id, body)
    const { created, value, revision } = await writer.write(request, id, (existing) => {
      const createTime = existing === undefined ? undefined : parseStored(existing.value)['create_time']
      return withTimes(request.kind, withId(request, id, body), [createTime ?? now(), now()])
    })
    return answer(request, id, { status: created ? 201 : 200, value, revision })
  }

  const post = async (request: ResourceRequest): Promise<AdminAnswer> => {
    const { kind } = request
    const body = requireObject(request.body)
    if (body['id'] !== undefined) {
      throw new AdminError(400, `wrong ${kind.singular} id, do not need it`)
    }
    refuseTimes(body)
    // As APISIX does it: a revision that the store has not had yet, in 20 digits.
    const id = String((await store.revision()) + 1).padStart(20, '0')
    requireValid(request, id, body)
    const { value, revision } = await writer.write(request, id, (existing) => {
      if (existing !== undefined) {
        throw new AdminError(503, 'the generated id is taken')
      }
      return withTimes(kind, withId(request, id, body), [now(), now()])
    })
    return answer(request, id, { status: 201, value, revision })
  }

  const patch = async (request: ResourceRequest): Promise<AdminAnswer> => {
    const { kind, body, subPath = '' } = request
    const id = requirePathId(request)
    if (body === undefined) {
      throw new AdminError(400, 'missing new configuration')
    }
    const { value, revision } = await writer.write(request, id, (existing) => {
      if (existing === undefined) {
        throw keyNotFound()
      }
      const old = parseStored(existing.value)
      const path = subPath.split('/').filter((segment) => segment !== '')
      const changes = path.length === 0 ? requireObject(body) : undefined
      const merged = changes === undefined ? replaceAt(old, path, body) : mergeValue(old, changes)
      const next = { create_time: now(), ...merged, update_time: changes?.['update_time'] ?? now() }
      identify(kind, id, next)
      requireValid(request, id, next)
      return withId(request, id, next)
    })
    const { change, ...answered } = answer(request, id, { status: 200, value, revision })
    return { ...answered, change: change && { ...change, action: 'patch' } }
  }

  const remove = async (request: ResourceRequest): Promise<AdminAnswer> => {
    const { kind, group, query } = request
    const id = requirePathId(request)
    const forced = query.get('force') === 'true'
    const revision = await writer.remove(request, id, { forced })
    return {
      status: 200,
      body: { key: publicKey(request, id), deleted: '1' },
      change: { action: 'delete', kind: kind.name, id: entryOf(request, id).id, group, revision, forced },
    }
  }

  const methods = { PUT: put, POST: post, PATCH: patch, DELETE: remove }
  return async (method, request) => {
    await requireGroup({ store, clock }, request.group)
    requireOwnerId(request)
    if (method === 'GET') {
      return get(request)
    }
    if (request.query.has('ttl')) {
      throw new AdminError(400, 'invalid argument ttl: it is not supported')
    }
    return exclusively(async () => methods[method](request))
  }
}

/** With an encoded slash, or nothing, in its place, what is written would belong to nobody. */
function requireOwnerId({ kind: { ownerKind }, owner }: ResourceRequest): void {
  if (ownerKind !== undefined && (owner === undefined || owner === '' || owner.includes('/'))) {
    throw ownerNotFound(ownerKind)
  }
}

function requirePathId(request: ResourceRequest): string {
  const { kind, id } = request
  if (id === undefined) {
    throw new AdminError(400, `missing ${kind.singular} id`)
  }
  if (isOwned(request, id)) {
    throw keyNotFound()
  }
  return id
}

/** What APISIX stores: consumers have their name instead, and what belongs to a service says so. */
function withId({ kind, owner }: ResourcePlace, id: string, value: JsonObject): JsonObject {
  if (kind.ownerKind === 'services' && owner !== undefined) {
    if (value['service_id'] !== undefined && idText(value['service_id']) !== owner) {
      throw new AdminError(400, 'wrong service_id, it is taken from the path')
    }
    return { ...value, id, service_id: owner }
  }
  return kind.identity === 'username' ? value : { ...value, id }
}

/** What APISIX stores: plugins' metadata has none. */
function withTimes(kind: AdminKind, value: JsonObject, [create, update]: readonly [JsonValue, JsonValue]): JsonObject {
  return kind.identity === 'plugin' ? value : { ...value, create_time: create, update_time: update }
}
