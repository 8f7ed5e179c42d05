import { z } from 'zod'
import { jsonObject } from '../common-fields.ts'
import { isJsonObject } from '../../entries/json-object.ts'
import type { JsonValue } from '../../entries/entry.ts'

/** A field that may be left out, and what it means then. Nothing is ever written into a value: the default is for readers of the schema. */
export function defaulting<Value>(schema: z.ZodType<Value>, value: JsonValue): z.ZodType<Value | undefined> {
  return schema.optional().meta({ default: value })
}

/** A switch that is off unless it is said to be on. */
export const off: z.ZodType<boolean | undefined> = defaulting(z.boolean(), false)
export const on: z.ZodType<boolean | undefined> = defaulting(z.boolean(), true)

export const text: z.ZodType<string> = z.string().min(1)
export const texts: z.ZodType<string[]> = z.array(text).min(1)
export const expression: z.ZodType<JsonValue[]> = z.array(z.custom<JsonValue>())

/** A number above 0, or a text with variables that becomes one. */
export const positiveOrVariable: z.ZodType<number | string> = z.union([z.int().positive(), z.string()])
export const countOrVariable: z.ZodType<number | string> = z.union([z.int().min(0), z.string()])

export function holdsSomething(value: object): boolean {
  return Object.keys(value).length > 0
}
export const something = { error: 'holds nothing' }

const headerName = z.string().regex(/^[^:]+$/, 'is no header name')
const headerValue = z.union([z.string(), z.number()])

/** A status of an answer that a plugin gives itself. */
export function answerStatus(standard: number): z.ZodType<number | undefined> {
  return defaulting(z.int().min(200).max(599), standard)
}

/** Values by header name, at least one. */
export const headerValues: z.ZodType<Record<string, string | number>> = z
  .record(headerName, headerValue)
  .refine(holdsSomething, something)

/** The same, with lists for headers that come several times. */
export const repeatedHeaderValues: z.ZodType<Record<string, JsonValue>> = z
  .record(headerName, z.union([headerValue, z.array(headerValue).min(1)]))
  .refine(holdsSomething, something)

export const headerNames: z.ZodType<string[]> = z.array(headerName).min(1)

/** What APISIX takes for any plugin beside its own settings. */
export const metaSchema: z.ZodType = z.strictObject({
  disable: z.boolean().optional(),
  error_response: z.union([z.string(), jsonObject]).optional(),
  priority: z.int().optional(),
  filter: expression.optional(),
  pre_function: z.string().optional(),
})

/** Whether a plugin is there and does nothing: then its settings may be whatever they are, as in APISIX. */
export function isDisabled(settings: JsonValue): boolean {
  const own = isJsonObject(settings) ? settings['_meta'] : undefined
  return own !== undefined && isJsonObject(own) && own['disable'] === true
}
