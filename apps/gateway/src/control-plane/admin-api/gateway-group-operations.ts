import type { JsonSchema } from '@outlast/snapshot/apisix'

import type { AdminOperation } from './admin-operation.ts'
import { deleted, list, listed, object, written } from './answer-schemas.ts'
import type { GatewayGroupApi } from './gateway-group-api.ts'
import { forceParameter, listParameters } from './query-parameters.ts'

const text: JsonSchema = { type: 'string' }
const group: JsonSchema = { $ref: '#/components/schemas/GatewayGroup' }
const storedGroup: JsonSchema = { $ref: '#/components/schemas/StoredGatewayGroup' }

/** What can be asked of gateway groups. */
export function groupOperations(
  api: GatewayGroupApi & { readonly rotateToken: AdminOperation['handle'] },
): readonly AdminOperation[] {
  const tag = 'gateway_groups'
  const path = `/${tag}/{gateway_group_id}`
  const notFound = { description: 'There is no such group.' }
  return [
    {
      method: 'GET',
      path: `/${tag}`,
      operationId: 'listGatewayGroups',
      tag,
      summary: 'Lists all gateway groups.',
      access: 'viewer',
      query: listParameters,
      answers: { 200: { description: 'Groups.', schema: list(storedGroup) } },
      handle: api.list,
    },
    {
      method: 'GET',
      path,
      operationId: 'getGatewayGroup',
      tag,
      summary: 'Shows one gateway group.',
      access: 'viewer',
      answers: { 200: { description: 'It.', schema: listed(storedGroup) }, 404: notFound },
      handle: api.get,
    },
    {
      method: 'PUT',
      path,
      operationId: 'putGatewayGroup',
      tag,
      summary: 'Creates a gateway group, or changes its name, description and labels.',
      access: 'admin',
      body: group,
      answers: {
        200: { description: 'Changed.', schema: written(storedGroup) },
        201: {
          description: 'Created. The token is for its data planes, and nobody is told it again.',
          schema: written(storedGroup, { token: { type: 'string' } }),
        },
      },
      handle: api.put,
    },
    {
      method: 'POST',
      path: `${path}/token`,
      operationId: 'rotateGatewayGroupToken',
      tag,
      summary:
        'Gives data planes of the group another token. The one before lets nobody in any more, and ends watches.',
      access: 'admin',
      answers: {
        200: { description: 'Nobody is told the token again.', schema: object({ key: text, token: text }) },
        404: notFound,
      },
      handle: api.rotateToken,
    },
    {
      method: 'DELETE',
      path,
      operationId: 'deleteGatewayGroup',
      tag,
      summary: 'Deletes a gateway group that holds no resources. By force it leaves them where they are.',
      access: 'admin',
      query: [forceParameter],
      answers: { 200: { description: 'Deleted.', schema: deleted }, 404: notFound },
      handle: api.remove,
    },
  ]
}
