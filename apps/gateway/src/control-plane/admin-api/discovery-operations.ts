import type { JsonSchema } from '@outlast/snapshot/apisix'

import type { AdminOperation } from './admin-operation.ts'
import { deleted, list, listed, written } from './answer-schemas.ts'
import type { DiscoveryApi } from './discovery-api.ts'

/** An object, or a list of them for `kubernetes`; every type has fields of its own. */
const settings: JsonSchema = { type: ['object', 'array'] }

/** What can be asked of the service discovery of a gateway group. */
export function discoveryOperations(api: DiscoveryApi): readonly AdminOperation[] {
  const tag = 'discovery'
  const collection = '/gateway_groups/{gateway_group_id}/discovery'
  const path = `${collection}/{discovery_type}`
  const notFound = { description: 'There is no such group, or it has no discovery of this type.' }
  const replaced = { description: 'Replaced.', schema: written(settings) }
  return [
    {
      method: 'GET',
      path: collection,
      operationId: 'listDiscovery',
      tag,
      summary: 'Lists the service discovery of a gateway group, without secrets.',
      access: 'viewer',
      answers: { 200: { description: 'By type.', schema: list(settings) }, 404: notFound },
      handle: api.list,
    },
    {
      method: 'GET',
      path,
      operationId: 'getDiscovery',
      tag,
      summary: 'Shows the settings of one type of discovery, without secrets.',
      access: 'viewer',
      answers: { 200: { description: 'They.', schema: listed(settings) }, 404: notFound },
      handle: api.get,
    },
    {
      method: 'PUT',
      path,
      operationId: 'putDiscovery',
      tag,
      summary:
        'Sets up a type of discovery: `dns`, `consul`, `consul_kv`, `nacos`, `eureka`, `kubernetes`, or another.',
      access: 'admin',
      body: settings,
      answers: { 200: replaced, 201: { description: 'Created.', schema: written(settings) }, 404: notFound },
      handle: api.put,
    },
    {
      method: 'PATCH',
      path,
      operationId: 'patchDiscovery',
      tag,
      summary: 'Merges the body into it: objects deeply, `null` removes, everything else replaces.',
      access: 'admin',
      body: { type: 'object' },
      answers: { 200: replaced, 404: notFound },
      handle: api.patch,
    },
    {
      method: 'DELETE',
      path,
      operationId: 'deleteDiscovery',
      tag,
      summary: 'Deletes one type of discovery, whether or not upstreams use it.',
      access: 'admin',
      answers: { 200: { description: 'Deleted.', schema: deleted }, 404: notFound },
      handle: api.remove,
    },
  ]
}
