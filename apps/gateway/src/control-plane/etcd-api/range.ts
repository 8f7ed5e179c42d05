import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { headerJson, itemJson } from './answer-json.ts'
import { EtcdError } from './etcd-error.ts'
import type { FullReadPace } from './full-read-pace.ts'
import { isWithin, type GroupAccess } from './group-access.ts'
import { asFields, booleanField, field, integerField, refuseUnsupported, spanField } from './request-fields.ts'

export interface RangeCall {
  readonly store: ConfigStore
  readonly access: Pick<GroupAccess, 'group' | 'span'>
  readonly body: unknown
  readonly pace: FullReadPace
  readonly signal: AbortSignal
}

/** `POST /v3/kv/range`. Keys come in ascending order, the only one served. */
export async function range({ store, access, body, pace, signal }: RangeCall): Promise<object> {
  const fields = asFields(body ?? {})
  refuseUnsupported(fields, ['max_mod_revision', 'min_create_revision', 'max_create_revision'])
  requireAscendingKeys(field(fields, 'sort_order'), field(fields, 'sort_target'))
  const keys = spanField(fields)
  if (keys.from === '') {
    throw new EtcdError('invalidArgument', 'etcdserver: key is not provided')
  }
  if (!isWithin(keys, access.span)) {
    throw new EtcdError('permissionDenied', 'etcdserver: permission denied')
  }

  const limit = integerField(fields, 'limit')
  const revision = integerField(fields, 'revision')
  const minModRevision = integerField(fields, 'min_mod_revision')
  const keysOnly = booleanField(fields, 'keys_only')
  const countOnly = booleanField(fields, 'count_only')
  // What begins the reading of everything. Its other pages name the revision of the first one, and are never held up.
  if (keys.to !== keySpan(keys.from).to && revision <= 0 && minModRevision <= 0 && !countOnly) {
    await pace(access.group, signal)
  }
  const result = await store.range({
    keys,
    limit: limit > 0 ? limit : undefined,
    revision: revision > 0 ? revision : undefined,
    minModRevision: minModRevision > 0 ? minModRevision : undefined,
    countOnly,
    signal,
  })
  return {
    header: headerJson(await store.identity({ signal }), result.revision),
    ...(result.items.length === 0 ? {} : { kvs: result.items.map((item) => itemJson(item, keysOnly)) }),
    ...(result.more ? { more: true } : {}),
    ...(result.count === 0 ? {} : { count: String(result.count) }),
  }
}

function requireAscendingKeys(order: unknown, target: unknown): void {
  const orders: readonly unknown[] = [undefined, 0, 'NONE', 1, 'ASCEND']
  const targets: readonly unknown[] = [undefined, 0, 'KEY']
  if (!orders.includes(order) || !targets.includes(target)) {
    throw new EtcdError('unimplemented', 'only ascending keys are supported')
  }
}
