import type { JsonValue } from '@outlast/snapshot'

import { StoreError } from './store/store-error.ts'

export type JsonObject = { readonly [name: string]: JsonValue }

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A stored value. Anything but an object there was not written by this API. Throws `StoreError` for what is no JSON. */
export function parseStored(text: string): JsonObject {
  const value = parseStoredValue(text)
  return isJsonObject(value) ? value : {}
}

/** The same of a kind that may be something else. */
export function parseStoredValue(text: string): JsonValue {
  try {
    return parseJson(text)
  } catch {
    throw new StoreError('unavailable', 'A stored value is damaged: it is no JSON')
  }
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
