import type { Clock } from '@outlast/snapshot'

import { defaultGroup, newDataPlaneToken, tokenKey } from '../gateway-groups.ts'
import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { AdminError } from './admin-error.ts'
import type { AdminAnswer, AdminRequest } from './admin-operation.ts'
import { requireGroup } from './resource-writer.ts'
import { untilCommitted } from './until-committed.ts'

/**
 * Gives the data planes of a gateway group another token, which is told this once; the one before lets nobody in any more.
 * Refused where only the configuration file gives tokens, for these would go on.
 */
export function rotateToken(options: {
  readonly store: ConfigStore
  readonly clock: Clock
  /** Groups that the configuration file names. */
  readonly configured: readonly string[]
}): (request: AdminRequest) => Promise<AdminAnswer> {
  const { store, clock, configured } = options
  return async ({ parameters }) => {
    const id = parameters['gateway_group_id'] ?? ''
    const { token, kept } = newDataPlaneToken()
    const { result } = await untilCommitted(async () => {
      const { compare, operations } = await requireGroup({ store, clock }, id)
      const [present] = (await store.range({ keys: keySpan(tokenKey(id)) })).items
      if (present === undefined && (id === defaultGroup || configured.includes(id))) {
        throw new AdminError(400, 'the tokens of this gateway group are those of the configuration file')
      }
      return {
        result: await store.transaction({
          compare: [...compare, { key: tokenKey(id), modRevision: present?.modRevision ?? 0 }],
          operations: [...operations, { type: 'put', key: tokenKey(id), value: kept }],
        }),
      }
    })
    return {
      status: 200,
      body: { key: `/apisix/gateway_groups/${id}`, token },
      change: { action: 'rotate', kind: 'data_plane_tokens', id, revision: result.revision },
    }
  }
}
