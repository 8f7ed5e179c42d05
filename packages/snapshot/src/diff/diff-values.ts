import type { JsonValue } from '../entries/entry.ts'
import { jsonEquals } from '../entries/json-equals.ts'
import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import { jsonPointer } from '../entries/json-pointer.ts'

/** One operation of a JSON Patch (RFC 6902). `path` is a JSON Pointer (RFC 6901); empty for the whole value. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }

/**
 * The RFC 6902 operations that turn `before` into `after` when they are applied in order; none when both are equal
 * as JSON. Only `add`, `remove` and `replace` are used. Members of an object are compared by name. Items of an array
 * are compared from both ends inwards, and one by one in between: the result is right for any two arrays, and
 * shortest when one run of items was added, removed or changed.
 */
export function diffValues(before: JsonValue, after: JsonValue): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = []
  compare(before, after, '', operations)
  return operations
}

function compare(before: JsonValue, after: JsonValue, path: string, operations: JsonPatchOperation[]): void {
  if (before === after) return
  if (isJsonObject(before) && isJsonObject(after)) compareObjects(before, after, path, operations)
  else if (isJsonArray(before) && isJsonArray(after)) compareArrays(before, after, path, operations)
  else operations.push({ op: 'replace', path, value: after })
}

function compareObjects(before: JsonObject, after: JsonObject, path: string, operations: JsonPatchOperation[]): void {
  for (const [name, value] of Object.entries(before)) {
    const place = path + jsonPointer([name])
    const next = Object.hasOwn(after, name) ? after[name] : undefined
    if (next === undefined) operations.push({ op: 'remove', path: place })
    else compare(value, next, place, operations)
  }
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) operations.push({ op: 'add', path: path + jsonPointer([name]), value })
  }
}

function compareArrays(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  path: string,
  operations: JsonPatchOperation[],
): void {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && jsonEquals(before[start], after[start])) start += 1
  let tail = 0
  while (tail < shorter - start && jsonEquals(before.at(-1 - tail), after.at(-1 - tail))) tail += 1

  const paired = shorter - tail
  for (const [index, value] of before.slice(start, paired).entries()) {
    const next = after[start + index]
    if (next !== undefined) compare(value, next, `${path}/${start + index}`, operations)
  }
  // From the end, so that no removal moves an item that is still to be removed.
  for (let index = before.length - tail - 1; index >= paired; index -= 1) {
    operations.push({ op: 'remove', path: `${path}/${index}` })
  }
  for (const [index, value] of after.slice(paired, after.length - tail).entries()) {
    operations.push({ op: 'add', path: `${path}/${paired + index}`, value })
  }
}
