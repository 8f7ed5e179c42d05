import { isGroupName } from '../../gateway-group.ts'
import { grantOfToken, isStillGranted } from '../gateway-groups.ts'
import { groupSpan } from '../group-keys.ts'
import { secretList } from '../secret-list.ts'
import type { ConfigStore, KeySpan } from '../store/config-store.ts'
import { EtcdError } from './etcd-error.ts'

/** Lets whoever presents `token` read what belongs to `group`. */
export interface DataPlaneToken {
  readonly group: string
  readonly token: string
}

/** What a request may read. */
export interface GroupAccess {
  readonly span: KeySpan
  /** Whether it still may: long answers ask again. */
  readonly isGranted: () => Promise<boolean>
}

/**
 * From an `Authorization` header, the token as it is or after `Bearer `, to the one span that it may read: by these tokens,
 * and by those of the groups that were created through the Admin API.
 */
export function groupAccess(
  tokens: readonly DataPlaneToken[],
  store: ConfigStore,
): (authorization: string | undefined) => Promise<GroupAccess> {
  for (const { group, token } of tokens) {
    if (!isGroupName(group) || token === '') {
      throw new TypeError(
        `The data plane token of gateway group ${JSON.stringify(group)} needs a valid name and a token`,
      )
    }
  }
  const find = secretList(tokens.map(({ group, token }) => ({ secret: token, owner: groupSpan(group) })))
  return async (authorization = '') => {
    const token = authorization.replace(/^Bearer +/i, '')
    const span = find(token)
    if (span !== undefined) {
      return { span, isGranted: async () => true }
    }
    const grant = token === '' ? undefined : await grantOfToken(store, token)
    if (grant === undefined) {
      throw new EtcdError('unauthenticated', 'etcdserver: invalid auth token')
    }
    return { span: groupSpan(grant.group), isGranted: async () => isStillGranted(store, grant) }
  }
}

export function isWithin(span: KeySpan, allowed: KeySpan): boolean {
  return span.from >= allowed.from && span.from < allowed.to && span.to <= allowed.to
}
