import type { JsonValue } from './entry.ts'

export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** Tells JSON's kinds of value apart; the value must have come from JSON, or be checked by `canonicalJson` later. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
