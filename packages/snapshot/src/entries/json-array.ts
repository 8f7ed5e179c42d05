import type { JsonValue } from './entry.ts'

/** `Array.isArray`, which does not narrow read-only arrays. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
