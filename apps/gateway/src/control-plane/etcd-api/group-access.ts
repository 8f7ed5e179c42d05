import { isGroupName } from '../../gateway-group.ts'
import { groupSpan } from '../group-keys.ts'
import { secretList } from '../secret-list.ts'
import type { KeySpan } from '../store/config-store.ts'
import { EtcdError } from './etcd-error.ts'

/** Lets whoever presents `token` read what belongs to `group`. */
export interface DataPlaneToken {
  readonly group: string
  readonly token: string
}

/** From an `Authorization` header, the token as it is or after `Bearer `, to the one span that it may read. */
export function groupAccess(tokens: readonly DataPlaneToken[]): (authorization: string | undefined) => KeySpan {
  for (const { group, token } of tokens) {
    if (!isGroupName(group) || token === '') {
      throw new TypeError(
        `The data plane token of gateway group ${JSON.stringify(group)} needs a valid name and a token`,
      )
    }
  }
  const find = secretList(tokens.map(({ group, token }) => ({ secret: token, owner: groupSpan(group) })))
  return (authorization = '') => {
    const span = find(authorization.replace(/^Bearer +/i, ''))
    if (span === undefined) {
      throw new EtcdError('unauthenticated', 'etcdserver: invalid auth token')
    }
    return span
  }
}

export function isWithin(span: KeySpan, allowed: KeySpan): boolean {
  return span.from >= allowed.from && span.from < allowed.to && span.to <= allowed.to
}
