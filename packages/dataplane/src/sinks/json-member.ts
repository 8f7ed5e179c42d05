import { isJsonArray, type JsonValue } from '@outlast/snapshot'

/** A member of an object; `undefined` when it has none, or is none. */
export function jsonMember(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || isJsonArray(value)) return undefined
  return Object.hasOwn(value, name) ? value[name] : undefined
}
