import { z } from 'zod'
import type { JsonValue } from '../entries/entry.ts'
import { isJsonObject } from '../entries/json-object.ts'

/** `undefined` stands for a member that is absent. */
type Test = (value: JsonValue | undefined) => boolean

const tests = new WeakMap<z.core.$ZodType, Test>()

/**
 * Whether a value passes a schema: the same as `safeParse(value).success`, several times quicker, because nothing is made.
 * Parsing builds every object anew, and tells what is wrong; nearly every value of a configuration is right.
 */
export function accepts(schema: z.core.$ZodType, value: JsonValue): boolean {
  let test = tests.get(schema)
  if (test === undefined) {
    test = testOf(schema) ?? ((asked) => z.safeParse(schema, asked).success)
    tests.set(schema, test)
  }
  return test(value)
}

/** `undefined` for a schema with something in it that makes another value, or that is not known here. */
function testOf(schema: z.core.$ZodType): Test | undefined {
  const type = typeTestOf(schema)
  const checks = checksOf(schema).map(checkTestOf)
  if (type === undefined || checks.includes(undefined)) return undefined
  const all = [type, ...checks.filter((check) => check !== undefined)]
  if (all.length === 1) return type
  return (value) => {
    for (const test of all) if (!test(value)) return false
    return true
  }
}

function typeTestOf(schema: z.core.$ZodType): Test | undefined {
  if (!isOfZod(schema)) return undefined
  const {
    _zod: { def },
  } = schema
  switch (def.type) {
    case 'string':
      return def.coerce === true ? undefined : (value) => typeof value === 'string'
    case 'number':
      return def.coerce === true ? undefined : Number.isFinite
    case 'boolean':
      return def.coerce === true ? undefined : (value) => typeof value === 'boolean'
    case 'unknown':
    case 'any':
    case 'custom':
      return () => true
    case 'enum':
    case 'literal':
      return valueTestOf(schema)
    case 'optional':
      return optionalTestOf(testOf(def.innerType))
    case 'union':
      return def.inclusive === false ? undefined : unionTestOf(def.options.map(testOf))
    case 'array':
      return arrayTestOf(testOf(def.element))
    case 'record':
      return def.mode === 'loose' ? undefined : recordTestOf(testOf(def.keyType), testOf(def.valueType))
    case 'object':
      return objectTestOf(def)
    default:
      return undefined
  }
}

function checksOf(schema: z.core.$ZodType): readonly AnyCheck[] {
  const {
    _zod: {
      def: { checks = [] },
    },
  } = schema
  // Such as `z.int()`, which is a type and a check of it in one.
  return [schema, ...checks].filter(isCheck)
}

/** How Zod wants its schemas to be told apart, each of which is one of these. */
function isOfZod(schema: z.core.$ZodType): schema is z.core.$ZodTypes {
  return typeOf(schema) !== undefined
}

/** What it may be asked its type does not say; its schema has found that out by then. */
type AnyCheck = z.core.$ZodCheck<unknown>

function isCheck(made: z.core.$ZodType | z.core.$ZodCheck): made is AnyCheck {
  const { _zod: internals } = made
  return 'check' in internals
}

function checkTestOf({ _zod: checking }: AnyCheck): Test | undefined {
  const { def } = checking
  // It changes the value.
  if (def.check === 'overwrite') return undefined
  // What there is most of, without what the others need to say what is wrong.
  if (isRefinement(def)) return (value) => Boolean(def.fn(value))
  if (isSafeInteger(def)) return Number.isSafeInteger
  return (value) => {
    const payload: z.core.ParsePayload = { value, issues: [] }
    if (def.when !== undefined && !def.when(payload)) return true
    const pending = checking.check(payload)
    return pending === undefined && payload.issues.length === 0
  }
}

function isRefinement(
  def: z.core.$ZodCheckDef,
): def is z.core.$ZodCheckDef & { readonly fn: (value: unknown) => unknown } {
  return def.check === 'custom' && 'fn' in def && typeof def.fn === 'function' && def.when === undefined
}

function isSafeInteger(def: z.core.$ZodCheckDef): boolean {
  return def.check === 'number_format' && 'format' in def && def.format === 'safeint'
}

function valueTestOf({ _zod: { values } }: z.core.$ZodType): Test | undefined {
  return values && ((value) => isPrimitive(value) && values.has(value))
}

function optionalTestOf(inner: Test | undefined): Test | undefined {
  return inner && ((value) => value === undefined || inner(value))
}

function unionTestOf(options: readonly (Test | undefined)[]): Test | undefined {
  const known = options.filter((option) => option !== undefined)
  if (known.length < options.length) return undefined
  return (value) => {
    for (const option of known) if (option(value)) return true
    return false
  }
}

function arrayTestOf(element: Test | undefined): Test | undefined {
  if (element === undefined) return undefined
  return (value) => {
    if (!Array.isArray(value)) return false
    for (const item of value) if (!element(item)) return false
    return true
  }
}

function recordTestOf(key: Test | undefined, member: Test | undefined): Test | undefined {
  if (key === undefined || member === undefined) return undefined
  return (value) => {
    if (!isJsonObject(value)) return false
    for (const name of Object.keys(value)) {
      // Zod looks at neither of them.
      if (name !== '__proto__' && !(key(name) && member(value[name]))) return false
    }
    return true
  }
}

function objectTestOf({ shape, catchall }: z.core.$ZodObjectDef): Test | undefined {
  // Without it members that are not known are left out, which is no reason to refuse, but makes another value.
  const isLoose = catchall !== undefined && typeOf(catchall) === 'unknown'
  const known = Object.entries(shape).map(([name, schema]) => ({ name, test: testOf(schema) }))
  const members = known.flatMap(({ name, test }) => (test === undefined ? [] : [{ name, test }]))
  if (!isLoose || members.length < known.length) return undefined
  return (value) => {
    if (!isJsonObject(value)) return false
    for (const { name, test } of members) {
      if (!test(value[name])) return false
    }
    return true
  }
}

function typeOf({ _zod: { def } }: z.core.$ZodType): string {
  return def.type
}

function isPrimitive(value: JsonValue | undefined): value is string | number | boolean | null | undefined {
  return typeof value !== 'object' || value === null
}
