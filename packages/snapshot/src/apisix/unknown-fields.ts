import type { Entry, EntryRef, JsonValue } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { jsonSchemaOf } from './json-schema-of.ts'
import { ownerOf } from './owner-of.ts'

/**
 * Finds a field that APISIX's Admin API refuses because it does not know it, as the path to it: of the resource itself,
 * or of the upstream inside it. `undefined` when there is none, and for kinds that take any field.
 */
export function unknownFields(): (entry: Entry) => readonly string[] | undefined {
  const known = new Map<string, ReadonlySet<string> | undefined>()
  const fieldsOf = (entry: EntryRef): ReadonlySet<string> | undefined => {
    const collection = ownerOf(entry) === undefined ? entry.kind : `${entry.kind}, owned`
    if (!known.has(collection)) known.set(collection, closedFieldsOf(entry))
    return known.get(collection)
  }
  return (entry) => {
    const fields = fieldsOf(entry)
    const own = unknownIn(entry.value, fields)
    if (own !== undefined) return [own]
    // Where any field is taken, one of this name need not be an upstream.
    const upstream = fields?.has('upstream') && isJsonObject(entry.value) ? entry.value['upstream'] : undefined
    const inside = upstream === undefined ? undefined : unknownIn(upstream, fieldsOf({ kind: 'upstreams', id: '' }))
    return inside === undefined ? undefined : ['upstream', inside]
  }
}

function unknownIn(value: JsonValue, fields: ReadonlySet<string> | undefined): string | undefined {
  return fields && isJsonObject(value) ? Object.keys(value).find((name) => !fields.has(name)) : undefined
}

function closedFieldsOf(entry: EntryRef): ReadonlySet<string> | undefined {
  const { properties, additionalProperties } = jsonSchemaOf(entry) ?? {}
  const isClosed = additionalProperties === false && isJsonObject(properties)
  return isClosed ? new Set(Object.keys(properties)) : undefined
}
