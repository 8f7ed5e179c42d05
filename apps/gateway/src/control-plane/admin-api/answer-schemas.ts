import type { JsonValue } from '@outlast/snapshot'
import type { JsonSchema } from '@outlast/snapshot/apisix'

const key: JsonSchema = { type: 'string', pattern: '^/apisix/' }
const revision: JsonSchema = { type: 'integer', minimum: 0 }

/** An object with these fields and no others. */
export function object(
  properties: { readonly [name: string]: JsonValue },
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

/** One item, as APISIX shows it. */
export function listed(value: JsonSchema): JsonSchema {
  return object({ key, value, createdIndex: revision, modifiedIndex: revision })
}

/** A list, as APISIX shows it. */
export function list(value: JsonSchema): JsonSchema {
  return object({ total: { type: 'integer', minimum: 0 }, list: { type: 'array', items: listed(value) } })
}

/** What a write answers. */
export function written(value: JsonSchema, more: { readonly [name: string]: JsonSchema } = {}): JsonSchema {
  return object({ key, value, ...more }, Object.keys(more))
}

/** What a deletion answers. */
export const deleted: JsonSchema = object({ key, deleted: { type: 'string', const: '1' } })
