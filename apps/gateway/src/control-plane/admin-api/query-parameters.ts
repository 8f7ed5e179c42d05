import type { JsonSchema } from '@outlast/snapshot/apisix'

import { isGroupName } from '../../gateway-group.ts'
import { defaultGroup } from '../gateway-groups.ts'
import { AdminError } from './admin-error.ts'
import type { QueryParameter } from './admin-operation.ts'

const text: JsonSchema = { type: 'string' }

/** What every list takes. */
export const listParameters: readonly QueryParameter[] = [
  { name: 'page', description: 'From 1; only together with `page_size`.', schema: { type: 'integer', minimum: 1 } },
  { name: 'page_size', description: 'Items of a page.', schema: { type: 'integer', minimum: 10, maximum: 500 } },
  { name: 'name', description: 'Text that the name holds; `^` and `$` tie it to an end.', schema: text },
  { name: 'uri', description: 'The same for `uri` and `uris`.', schema: text },
  { name: 'label', description: 'A label that the item has.', schema: text },
]

/** What deletions take. */
export const forceParameter: QueryParameter = {
  name: 'force',
  description: '`true`: also when it is in use.',
  schema: { type: 'string', enum: ['true', 'false'] },
}

export const groupParameter: QueryParameter = {
  name: 'gateway_group_id',
  description: `The gateway group that is meant; \`${defaultGroup}\` when there is none.`,
  schema: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,64}$' },
}

/** The gateway group that a request is about. Throws 400 for what can be no name. */
export function groupOf(query: URLSearchParams): string {
  const group = query.get(groupParameter.name) ?? defaultGroup
  if (!isGroupName(group)) {
    throw new AdminError(400, `invalid argument ${groupParameter.name}`)
  }
  return group
}
