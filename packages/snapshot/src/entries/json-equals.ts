import type { JsonValue } from './entry.ts'
import { isJsonArray } from './json-array.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'

/** Whether two JSON values are equal: the order of members does not matter, that of items does. */
export function jsonEquals(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true
  if (isJsonObject(left)) return isJsonObject(right) && objectsEqual(left, right)
  return isJsonArray(left) && isJsonArray(right) && arraysEqual(left, right)
}

function arraysEqual(left: readonly JsonValue[], right: readonly JsonValue[]): boolean {
  return left.length === right.length && left.every((item, index) => jsonEquals(item, right[index]))
}

function objectsEqual(left: JsonObject, right: JsonObject): boolean {
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && jsonEquals(left[name], right[name]))
  )
}
