import type { JsonSchema } from '@outlast/snapshot/apisix'

import type { DataPlaneInstance } from '../data-planes/data-plane-registry.ts'
import { dataPlaneStates } from '../data-planes/data-plane-state.ts'
import { defaultGroup, registrationKey } from '../gateway-groups.ts'
import { keySpan, type ConfigStore } from '../store/config-store.ts'
import { keyNotFound } from './admin-error.ts'
import type { AdminOperation } from './admin-operation.ts'
import { object } from './answer-schemas.ts'
import { pageOf } from './list-query.ts'
import { listParameters } from './query-parameters.ts'

const text: JsonSchema = { type: 'string' }
const count: JsonSchema = { type: 'integer', minimum: 0 }

const instance: JsonSchema = object(
  {
    id: text,
    hostname: text,
    address: text,
    version: text,
    state: { type: 'string', enum: dataPlaneStates },
    mode: text,
    source: text,
    position: object({ epoch: count, revision: count }),
    digest: text,
    quarantined: count,
    startedAt: count,
    lastHeartbeat: count,
  },
  ['source', 'position', 'digest'],
)

/** The data planes of a gateway group, as far as they report to this control plane. */
export function instanceOperations(options: {
  readonly store: ConfigStore
  readonly dataPlanes: () => readonly DataPlaneInstance[]
}): readonly AdminOperation[] {
  const { store, dataPlanes } = options
  return [
    {
      method: 'GET',
      path: '/gateway_groups/{gateway_group_id}/instances',
      operationId: 'listInstances',
      tag: 'gateway_groups',
      summary: 'Lists the data planes of a group that report to this control plane, with their states.',
      access: 'viewer',
      query: listParameters.filter(({ name }) => name === 'page' || name === 'page_size'),
      answers: {
        200: {
          description: 'Data planes.',
          schema: object({ total: count, list: { type: 'array', items: instance } }),
        },
        404: { description: 'There is no such group.' },
      },
      async handle({ parameters, query, signal }) {
        const wanted = parameters['gateway_group_id'] ?? ''
        const { count: found } = await store.range({ keys: keySpan(registrationKey(wanted)), countOnly: true, signal })
        if (found === 0 && wanted !== defaultGroup) {
          throw keyNotFound()
        }
        const all = dataPlanes()
          .filter(({ group }) => group === wanted)
          .map(({ group: _group, ...shown }) => shown)
        return { status: 200, body: { total: all.length, list: pageOf(all, query, byName) } }
      },
    },
  ]
}

type Named = Pick<DataPlaneInstance, 'hostname' | 'id'>

/** Pages in the order of heartbeats would change from one to the next. */
function byName(left: Named, right: Named): number {
  return left.hostname.localeCompare(right.hostname) || left.id.localeCompare(right.id)
}
