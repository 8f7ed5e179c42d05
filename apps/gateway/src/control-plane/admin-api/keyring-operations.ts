import type { JsonSchema } from '@outlast/snapshot/apisix'

import type { AdminOperation } from './admin-operation.ts'
import { deleted, object, written } from './answer-schemas.ts'
import type { KeyringApi } from './keyring-api.ts'
import { forceParameter } from './query-parameters.ts'

const keyId: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{16}$' }
const need: JsonSchema = { type: ['boolean', 'null'] }
const shownKey = object(
  {
    id: keyId,
    active: { type: 'boolean' },
    create_time: { type: 'integer' },
    needed: need,
    needed_by_newest: need,
  },
  ['create_time'],
)
const error: JsonSchema = { $ref: '#/components/schemas/Error' }

/** What can be asked of the keyring of a gateway group. */
export function keyringOperations(api: KeyringApi): readonly AdminOperation[] {
  const tag = 'keyring'
  const path = '/gateway_groups/{gateway_group_id}/keyring'
  const notFound = { description: 'There is no such group, or no such key.' }
  const needed = {
    description: 'A snapshot of the backups needs a key that would go, or may need it; or it is the active one.',
    schema: error,
  }
  return [
    {
      method: 'GET',
      path,
      operationId: 'listKeyringKeys',
      tag,
      summary: 'Names the keys that secrets of the backups are encrypted with, and says who needs them; never a key.',
      access: 'viewer',
      answers: {
        200: {
          description:
            'The active one first. `null`: one of `unread_backups` could not be asked, or none is known here.',
          schema: object({
            total: { type: 'integer', minimum: 0 },
            list: { type: 'array', items: shownKey },
            unread_backups: { type: 'array', items: { type: 'string' } },
          }),
        },
        404: notFound,
      },
      handle: api.list,
    },
    {
      method: 'PUT',
      path,
      operationId: 'putKeyring',
      tag,
      summary: 'Takes given keys instead of those that are there. The first one encrypts.',
      access: 'admin',
      query: [forceParameter],
      body: { $ref: '#/components/schemas/Keyring' },
      answers: {
        200: { description: 'Replaced.', schema: written(object({ ids: { type: 'array', items: keyId } })) },
        201: { description: 'There was none.', schema: written(object({ ids: { type: 'array', items: keyId } })) },
        404: notFound,
        409: needed,
      },
      handle: api.put,
    },
    {
      method: 'POST',
      path: `${path}/rotate`,
      operationId: 'rotateKeyring',
      tag,
      summary: 'Puts a new key in front. The next snapshot has every secret encrypted with it.',
      access: 'admin',
      answers: {
        201: { description: 'It is active.', schema: written(object({ id: keyId, active: { type: 'boolean' } })) },
        404: notFound,
        409: {
          description: 'The group has no keyring yet, and snapshots of its backups need one, or may.',
          schema: error,
        },
      },
      handle: api.rotate,
    },
    {
      method: 'DELETE',
      path: `${path}/{key_id}`,
      operationId: 'deleteKeyringKey',
      tag,
      summary: 'Takes a key out that no snapshot needs any more. By force also one that may be needed.',
      access: 'admin',
      query: [forceParameter],
      answers: { 200: { description: 'Deleted.', schema: deleted }, 404: notFound, 409: needed },
      handle: api.remove,
    },
  ]
}
