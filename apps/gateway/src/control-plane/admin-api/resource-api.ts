import type { Clock, JsonValue } from '@outlast/snapshot'

import { groupKey, kindSpan } from '../group-keys.ts'
import { keySpan, type ConfigStore, type StoredItem } from '../store/config-store.ts'
import { AdminError, keyNotFound } from './admin-error.ts'
import type { AdminKind } from './admin-kinds.ts'
import { refuseTimes, requireId, requireObject, requireValid } from './check-value.ts'
import { parseStored, type JsonObject } from './json-object.ts'
import { selectItems, type ListedItem } from './list-query.ts'
import { mergeValue, replaceAt } from './merge-value.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { requireReferences, requireUnused } from './resource-references.ts'

/** A request for one kind, without HTTP. */
export interface ResourceRequest {
  readonly kind: AdminKind
  readonly group: string
  readonly id?: string | undefined
  readonly subPath?: string | undefined
  readonly query: URLSearchParams
  readonly body: JsonValue | undefined
  readonly signal: AbortSignal
}

export interface ResourceAnswer {
  readonly status: number
  readonly body: object
}

export type ResourceMethod = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** How often a write is tried again when another process changed what it is about. */
const maximumAttempts = 5

/** APISIX's Admin API for any kind, on the store. Rejects with `AdminError` or `StoreError`. */
export function resourceApi({
  store,
  clock,
}: {
  readonly store: ConfigStore
  readonly clock: Clock
}): (method: ResourceMethod, request: ResourceRequest) => Promise<ResourceAnswer> {
  // Reference checks and the write they allow must not interleave with another write's.
  const exclusively = oneAtATime()
  const now = (): number => Math.floor(clock.now() / 1000)

  const read = async ({ kind, group }: ResourceRequest, id: string): Promise<StoredItem | undefined> =>
    (await store.range({ keys: keySpan(groupKey(group, { kind: kind.name, id })) })).items[0]

  /** Writes what `make` makes of the present item; the present item must still be the same by then. */
  const write = async (
    request: ResourceRequest,
    id: string,
    make: (existing: StoredItem | undefined) => JsonObject,
  ): Promise<{ readonly created: boolean; readonly value: JsonObject }> => {
    const key = groupKey(request.group, { kind: request.kind.name, id })
    for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
      const existing = await read(request, id)
      const value = make(existing)
      const references = await requireReferences({ store, group: request.group }, value)
      const result = await store.transaction({
        compare: [{ key, modRevision: existing?.modRevision ?? 0 }, ...references],
        operations: [{ type: 'put', key, value: JSON.stringify(value) }],
      })
      if (result.status === 'committed') {
        return { created: existing === undefined, value }
      }
    }
    throw new AdminError(503, 'value changed before overwritten')
  }

  const get = async (request: ResourceRequest): Promise<ResourceAnswer> => {
    const { kind, group, id, query, signal } = request
    if (id === undefined) {
      const { items } = await store.range({ keys: kindSpan(group, kind.name), signal })
      return {
        status: 200,
        body: selectItems(
          items.map((item) => listed(request, item)),
          { kind, query },
        ),
      }
    }
    const item = await read(request, id)
    if (item === undefined) {
      throw keyNotFound()
    }
    return { status: 200, body: listed(request, item) }
  }

  const put = async (request: ResourceRequest): Promise<ResourceAnswer> => {
    const { kind } = request
    const body = requireObject(request.body)
    const id = requireId(kind, request.id, body)
    refuseTimes(body)
    requireValid(kind, id, { ...body, id })
    const { created, value } = await write(request, id, (existing) => {
      const createTime = existing === undefined ? undefined : parseStored(existing.value)['create_time']
      return { ...body, id, create_time: createTime ?? now(), update_time: now() }
    })
    return { status: created ? 201 : 200, body: { key: publicKey(kind, id), value } }
  }

  const post = async (request: ResourceRequest): Promise<ResourceAnswer> => {
    const { kind } = request
    const body = requireObject(request.body)
    if (request.id !== undefined || body['id'] !== undefined) {
      throw new AdminError(400, `wrong ${kind.singular} id, do not need it`)
    }
    refuseTimes(body)
    // As APISIX does it: a revision that the store has not had yet, in 20 digits.
    const id = String((await store.revision()) + 1).padStart(20, '0')
    requireValid(kind, id, { ...body, id })
    const { value } = await write(request, id, (existing) => {
      if (existing !== undefined) {
        throw new AdminError(503, 'the generated id is taken')
      }
      return { ...body, id, create_time: now(), update_time: now() }
    })
    return { status: 201, body: { key: publicKey(kind, id), value } }
  }

  const patch = async (request: ResourceRequest): Promise<ResourceAnswer> => {
    const { kind, body, subPath = '' } = request
    const id = requirePathId(request)
    if (body === undefined) {
      throw new AdminError(400, 'missing new configuration')
    }
    const { value } = await write(request, id, (existing) => {
      if (existing === undefined) {
        throw keyNotFound()
      }
      const old = parseStored(existing.value)
      const path = subPath.split('/').filter((segment) => segment !== '')
      const changes = path.length === 0 ? requireObject(body) : undefined
      const merged = changes === undefined ? replaceAt(old, path, body) : mergeValue(old, changes)
      const next = { create_time: now(), ...merged, update_time: changes?.['update_time'] ?? now() }
      requireId(kind, id, next)
      requireValid(kind, id, { ...next, id })
      return { ...next, id }
    })
    return { status: 200, body: { key: publicKey(kind, id), value } }
  }

  const remove = async (request: ResourceRequest): Promise<ResourceAnswer> => {
    const { kind, group, query } = request
    const id = requirePathId(request)
    if (query.get('force') !== 'true') {
      await requireUnused({ store, group }, kind, id)
    }
    const item = await read(request, id)
    if (item === undefined) {
      throw keyNotFound()
    }
    await store.transaction({ operations: [{ type: 'delete', key: item.key }] })
    return { status: 200, body: { key: publicKey(kind, id), deleted: '1' } }
  }

  const methods = { PUT: put, POST: post, PATCH: patch, DELETE: remove }
  return async (method, request) => {
    if (method === 'GET') {
      return get(request)
    }
    if (request.kind.unsupportedMethods.has(method)) {
      throw new AdminError(405, `not supported \`${method}\` method for ${request.kind.singular}`)
    }
    if (request.query.has('ttl')) {
      throw new AdminError(400, 'invalid argument ttl: it is not supported')
    }
    return exclusively(async () => methods[method](request))
  }
}

function requirePathId({ kind, id }: ResourceRequest): string {
  if (id === undefined) {
    throw new AdminError(400, `missing ${kind.singular} id`)
  }
  return id
}

/** Clients know APISIX's layout; where the store keeps an item is not their business. */
function publicKey(kind: AdminKind, id: string): string {
  return `/apisix/${kind.name}/${id}`
}

function listed({ kind, group }: ResourceRequest, item: StoredItem): ListedItem {
  return {
    key: publicKey(kind, item.key.slice(kindSpan(group, kind.name).from.length)),
    value: parseStored(item.value),
    createdIndex: item.createRevision,
    modifiedIndex: item.modRevision,
  }
}
