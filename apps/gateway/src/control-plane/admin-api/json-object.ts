import type { JsonValue } from '@outlast/snapshot'

export type JsonObject = { readonly [name: string]: JsonValue }

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A stored value. Anything but an object there was not written by this API. */
export function parseStored(text: string): JsonObject {
  const value: JsonValue = parseJson(text)
  return isJsonObject(value) ? value : {}
}

/** Throws a `SyntaxError` that quotes the text: never log it. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text)
  return value
}

/** Ids are strings or integers, and compared as strings. */
export function idText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
