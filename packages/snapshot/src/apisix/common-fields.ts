import { z } from 'zod'
import type { JsonValue } from '../entry.ts'

/** Fields that every APISIX resource may have. `create_time` and `update_time` are seconds since the Unix epoch. */
export interface CommonFields {
  readonly id?: string | number | undefined
  readonly name?: string | undefined
  readonly desc?: string | undefined
  readonly labels?: { readonly [name: string]: string } | undefined
  readonly create_time?: number | undefined
  readonly update_time?: number | undefined
}

/** Plugin configurations by plugin name. */
export interface Plugins {
  readonly [name: string]: { readonly [field: string]: JsonValue }
}

/** Seconds. */
export interface Timeout {
  readonly connect: number
  readonly send: number
  readonly read: number
}

/** `*` alone, or a name or address with an optional leading `*`. */
export const hostPattern: RegExp = /^(\*|\*?[0-9a-zA-Z\-._[\]:]+)$/

const identifierRule = 'must be 1 to 64 letters, digits, dots, dashes or underscores, or a positive integer'

export const identifier: z.ZodType<string | number> = z.union(
  [z.string().regex(/^[a-zA-Z0-9\-_.]{1,64}$/, identifierRule), z.int().min(1, identifierRule)],
  { error: identifierRule },
)

/** A credential's own id, alone or after its consumer's name. */
export const credentialIdentifier: z.ZodType<string> = z
  .string()
  .regex(/^([a-zA-Z0-9_-]+\/credentials\/)?[a-zA-Z0-9\-_.]+$/, 'is no credential id')
  .max(128)

/** Any JSON object. */
export const jsonObject: z.ZodType<{ readonly [name: string]: JsonValue }> = z.custom<{
  readonly [name: string]: JsonValue
}>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), { error: 'must be an object' })

export const pluginsSchema: z.ZodType<Plugins> = z.record(z.string(), jsonObject)

export const timeoutSchema: z.ZodType<Timeout> = z.looseObject({
  connect: z.number().positive(),
  send: z.number().positive(),
  read: z.number().positive(),
})

/** Items are strings, at least one, none twice. */
export function uniqueStrings(item: z.ZodType<string>): z.ZodType<readonly string[]> {
  return z
    .array(item)
    .min(1)
    .refine((items) => new Set(items).size === items.length, { error: 'holds an item twice' })
}

type CommonShape = { [Name in keyof CommonFields]-?: z.ZodOptional<z.ZodType<NonNullable<CommonFields[Name]>>> }

export const common: CommonShape = {
  id: identifier.optional(),
  name: z.string().min(1).max(256).optional(),
  desc: z.string().max(256).optional(),
  labels: z.record(z.string(), z.string().min(1).max(256).regex(/^\S+$/, 'holds a blank')).optional(),
  create_time: z.int().optional(),
  update_time: z.int().optional(),
}

/** Refuses an object with more than one of these fields; with `required`, also one with none of them. */
export function uniqueOf(
  names: readonly string[],
  options: { readonly required: boolean } = { required: false },
): (value: object, context: z.RefinementCtx) => void {
  return (value, context) => {
    const found = names.filter((name) => Reflect.get(value, name) !== undefined)
    if (found.length > 1) context.addIssue({ code: 'custom', message: `takes ${names.join(' or ')}, not both` })
    if (found.length === 0 && options.required) {
      context.addIssue({ code: 'custom', message: `needs ${names.join(' or ')}` })
    }
  }
}
