import { z } from 'zod'
import type { JsonValue } from '../entries/entry.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import { boundedText } from './bounded-text.ts'

/** The id of a resource, or a reference to one: 1 to 64 of `a-z A-Z 0-9 - _ .`, or an integer from 1. */
export type Identifier = string | number

/** Fields that most APISIX resources may have. Names, bounds and defaults are those of APISIX's `schema_def.lua` throughout. */
export interface CommonFields {
  readonly id?: Identifier | undefined
  /** 1 to 256 characters. */
  readonly name?: string | undefined
  /** At most 256 characters. */
  readonly desc?: string | undefined
  /** Values are 1 to 256 characters without blanks. */
  readonly labels?: { readonly [name: string]: string } | undefined
  /** Seconds since the Unix epoch; set by the Admin API. */
  readonly create_time?: number | undefined
  /** Seconds since the Unix epoch; set by the Admin API. */
  readonly update_time?: number | undefined
}

/** Plugin configurations by plugin name. What is in them, only the plugins know. */
export interface Plugins {
  readonly [name: string]: { readonly [field: string]: JsonValue }
}

/** Seconds, each above 0. */
export interface Timeout {
  readonly connect: number
  readonly send: number
  readonly read: number
}

const identifierRule = 'must be 1 to 64 letters, digits, dots, dashes or underscores, or a positive integer'

export const identifier: z.ZodType<Identifier> = z.union(
  [z.string().regex(/^[a-zA-Z0-9\-_.]{1,64}$/, identifierRule), z.int().min(1, identifierRule)],
  { error: identifierRule },
)

/** `*` alone, or a name or address with an optional leading `*`. */
export const host: z.ZodType<string> = z.string().regex(/^(\*|\*?[0-9a-zA-Z\-._[\]:]+)$/, 'is no host name or address')

/** Any JSON object. */
export const jsonObject: z.ZodType<JsonObject> = z
  .custom<JsonObject>((value) => isJsonObject(value), { error: 'must be an object' })
  .meta({ type: 'object' })

export const pluginsSchema: z.ZodType<Plugins> = z.record(z.string(), jsonObject)

export const timeoutSchema: z.ZodType<Timeout> = z.looseObject({
  connect: z.number().positive(),
  send: z.number().positive(),
  read: z.number().positive(),
})

/** 1 is enabled, 0 disabled. */
export const status: z.ZodType<0 | 1> = z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' })

export const port: z.ZodType<number> = z.int().min(1).max(65_535)

/** Lua source of a route or service. */
export const script: z.ZodType<string> = boundedText({ minimum: 10, maximum: 102_400 })

type CommonShape = { [Name in keyof CommonFields]-?: z.ZodOptional<z.ZodType<NonNullable<CommonFields[Name]>>> }

export const common: CommonShape = {
  id: identifier.optional(),
  name: boundedText({ minimum: 1, maximum: 256 }).optional(),
  desc: boundedText({ maximum: 256 }).optional(),
  labels: z
    .record(
      z.string(),
      boundedText({ minimum: 1, maximum: 256 }).refine((text) => !/\s/.test(text), { error: 'holds a blank' }),
    )
    .optional(),
  create_time: z.int().optional(),
  update_time: z.int().optional(),
}
