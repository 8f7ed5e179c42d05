import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject } from '../entries/json-object.ts'
import type { JsonValue } from '../entries/entry.ts'
import { parseEncryptedValue } from './encrypted-value.ts'

/**
 * Whether two JSON values are equal, as far as can be told without keys: the same key makes the same text of the same
 * value, but a value that was encrypted with another key, or only on one side, may be any.
 */
export function mayBeEqual(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true
  if (left === undefined || right === undefined) return false
  const [leftKey, rightKey] = [keyOf(left), keyOf(right)]
  if (leftKey !== undefined || rightKey !== undefined) return leftKey !== rightKey
  if (isJsonArray(left) && isJsonArray(right)) {
    return left.length === right.length && left.every((item, index) => mayBeEqual(item, right[index]))
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && mayBeEqual(left[name], right[name]))
  )
}

function keyOf(value: JsonValue): string | undefined {
  return typeof value === 'string' ? parseEncryptedValue(value)?.keyId : undefined
}
