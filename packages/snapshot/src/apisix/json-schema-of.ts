import { z } from 'zod'
import type { EntryRef } from '../entries/entry.ts'
import type { JsonObject } from '../entries/json-object.ts'
import { schemaOf } from './schema-of.ts'
import { upstreamSchema } from './upstream.ts'

/** A JSON Schema of the 2020-12 draft, without `$schema`. */
export type JsonSchema = JsonObject

/**
 * What values of the kind of `entry` look like, as far as JSON Schema can say it: conditions between fields (`uri` or
 * `uris`) are left to `validateEntry`. Fields that APISIX does not know are refused, as its Admin API does.
 * `undefined` for kinds that nobody knows.
 */
export function jsonSchemaOf(entry: EntryRef): JsonSchema | undefined {
  const schema = schemaOf(entry)
  return schema && jsonSchemaFrom(schema, { closed: !openKinds.has(entry.kind) })
}

// Their schemas come from plugins and secret managers, which let other fields pass.
const openKinds: ReadonlySet<string> = new Set(['plugin_metadata', 'secrets'])

/** `closed`: the object itself takes no other fields. Upstreams inside never do. */
export function jsonSchemaFrom(schema: z.ZodType, { closed }: { readonly closed: boolean }): JsonSchema {
  const closedSchemas: ReadonlySet<unknown> = new Set(closed ? [schema, upstreamSchema] : [upstreamSchema])
  const { $schema: _, ...document } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      leaveOut(jsonSchema)
      if (closedSchemas.has(zodSchema) && jsonSchema.type === 'object') jsonSchema.additionalProperties = false
    },
  })
  const json: JsonSchema = JSON.parse(JSON.stringify(document))
  return json
}

// What is so anyway.
function leaveOut(schema: z.core.JSONSchema.BaseSchema): void {
  const { additionalProperties, minimum, maximum } = schema
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0) {
    delete schema.additionalProperties
  }
  if (minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  delete schema.propertyNames
}
