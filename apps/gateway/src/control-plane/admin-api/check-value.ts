import { canonicalJson, type JsonValue } from '@outlast/snapshot'
import { validateEntry } from '@outlast/snapshot/apisix'

import { AdminError } from './admin-error.ts'
import type { AdminKind } from './admin-kinds.ts'
import { idText, isJsonObject, type JsonObject } from './json-object.ts'

const timeFields = ['create_time', 'update_time']
const idPattern = /^[a-zA-Z0-9._-]{1,64}$/
const idRule = 'property "id" must be 1 to 64 letters, digits, dots, dashes or underscores'

/** The id that a `PUT` is about: from the path, or else from the body; both must agree. Throws the 400 that APISIX answers. */
export function requireId(kind: AdminKind, pathId: string | undefined, value: JsonObject): string {
  const bodyId = value['id']
  const given = idText(bodyId)
  if (bodyId !== undefined && given === undefined) {
    throw invalid(idRule)
  }
  const id = pathId ?? given
  if (id === undefined) {
    throw new AdminError(400, `missing ${kind.singular} id`)
  }
  if (given !== undefined && given !== id) {
    throw new AdminError(400, `wrong ${kind.singular} id`)
  }
  if (!idPattern.test(id)) {
    throw invalid(idRule)
  }
  return id
}

/** The server sets these. */
export function refuseTimes(value: JsonObject): void {
  const places = [
    { prefix: '', fields: value },
    { prefix: 'upstream.', fields: value['upstream'] },
    { prefix: 'plugins.', fields: value['plugins'] },
  ]
  for (const { prefix, fields } of places) {
    const forbidden = isJsonObject(fields) ? timeFields.find((name) => fields[name] !== undefined) : undefined
    if (forbidden !== undefined) {
      throw new AdminError(400, `the property is forbidden:  ${prefix}${forbidden}`)
    }
  }
}

/** Whether APISIX would take `value`, and snapshots can hold it. Throws the 400 that names the trouble without quoting values. */
export function requireValid(kind: AdminKind, id: string, value: JsonObject): void {
  requireCanonicalForm(value)
  const unknown = Object.keys(value).find((name) => !kind.fields.has(name))
  if (unknown !== undefined) {
    throw invalid(`additional properties forbidden, found ${unknown}`)
  }
  const reason = validateEntry({ kind: kind.name, id, value })
  if (reason !== undefined) {
    throw invalid(reason)
  }
}

/** Lone surrogates, endless numbers and very deep nesting have none: one such value would stop every backup of its group. */
function requireCanonicalForm(value: JsonObject): void {
  try {
    canonicalJson(value)
  } catch (error) {
    throw invalid(error instanceof TypeError ? error.message : 'it has no canonical form')
  }
}

export function requireObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined) {
    throw new AdminError(400, 'missing configurations')
  }
  if (!isJsonObject(value)) {
    throw invalid('it is not an object')
  }
  return value
}

function invalid(reason: string): AdminError {
  return new AdminError(400, `invalid configuration: ${reason}`)
}
