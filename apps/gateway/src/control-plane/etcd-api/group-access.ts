import type { Clock } from '@outlast/snapshot'

import { isGroupName } from '../../gateway-group.ts'
import { grantsReader, type DataPlaneGrants } from '../data-plane-grants.ts'
import { groupSpan } from '../group-keys.ts'
import { secretList } from '../secret-list.ts'
import type { ConfigStore, KeySpan } from '../store/config-store.ts'
import type { ClientCertificate } from './client-certificate.ts'
import { EtcdError } from './etcd-error.ts'
import { wrongTokenGuard } from './wrong-token-guard.ts'

/** Lets whoever presents `token` read what belongs to `group`, as long as there is such a group. */
export interface DataPlaneToken {
  readonly group: string
  readonly token: string
}

/** What a request presents, and where it comes from. */
export interface PresentedAccess {
  /** Of the header: a token, as it is or after `Bearer `. */
  readonly authorization: string | undefined
  readonly certificate: ClientCertificate | undefined
  readonly remoteAddress: string
}

/** What a request may read. */
export interface GroupAccess {
  readonly group: string
  readonly span: KeySpan
  /** Whether it still may at a revision of the store: long answers ask again. */
  readonly isGranted: (revision: number, signal: AbortSignal) => Promise<boolean>
}

/** The group that somebody belongs to, and what must stay so. */
interface Claim {
  readonly group: string
  readonly holds: (grants: DataPlaneGrants) => boolean
}

/**
 * Finds the one gateway group that a request may read. A certificate that names a group says which; else the token does, one
 * of these or one that was generated when its group was created through the Admin API. Who shows both must mean the same.
 * The function rejects with `EtcdError`; this throws `TypeError` for tokens that can never work.
 */
export function groupAccess(options: {
  readonly tokens: readonly DataPlaneToken[]
  readonly store: ConfigStore
  readonly clock: Clock
}): (presented: PresentedAccess) => Promise<GroupAccess> {
  const { tokens, store, clock } = options
  for (const { group, token } of tokens) {
    if (!isGroupName(group) || token === '') {
      throw new TypeError(
        `The data plane token of gateway group ${JSON.stringify(group)} needs a valid name and a token`,
      )
    }
  }
  const reader = grantsReader({ store, clock })
  const findConfigured = secretList(tokens.map(({ group, token }) => ({ secret: token, owner: group })))

  const claimOfToken = wrongTokenGuard(async (token): Promise<Claim | undefined> => {
    const configured = findConfigured(token)
    const grants = await reader.now()
    const generated = grants.ofToken(token)
    if (configured !== undefined && grants.hasGroup(configured)) {
      return { group: configured, holds: (later) => later.hasGroup(configured) }
    }
    return generated && { group: generated.group, holds: (later) => later.stillHold(generated) }
  })

  const claimOfCertificate = async ({ groups, expiresAt }: ClientCertificate): Promise<Claim | undefined> => {
    const [group, ...others] = groups
    const holds = (grants: DataPlaneGrants): boolean =>
      group !== undefined && grants.hasGroup(group) && clock.now() < expiresAt
    // One that names several would leave open which of them is meant.
    return group !== undefined && others.length === 0 && holds(await reader.now()) ? { group, holds } : undefined
  }

  return async ({ authorization = '', certificate, remoteAddress }) => {
    const token = authorization.replace(/^Bearer +/i, '')
    const claims: (Claim | undefined)[] = []
    if (certificate !== undefined && certificate.groups.length > 0) {
      claims.push(await claimOfCertificate(certificate))
    }
    if (token !== '') {
      claims.push(await claimOfToken({ token, remoteAddress }))
    }
    const [first] = claims
    if (first === undefined || claims.some((claim) => claim?.group !== first.group)) {
      throw new EtcdError('unauthenticated', 'etcdserver: invalid auth token')
    }
    return {
      group: first.group,
      span: groupSpan(first.group),
      isGranted: async (revision, signal) => {
        const grants = await reader.since(revision, signal)
        return claims.every((claim) => claim?.holds(grants))
      },
    }
  }
}

export function isWithin(span: KeySpan, allowed: KeySpan): boolean {
  return span.from >= allowed.from && span.from < allowed.to && span.to <= allowed.to
}
