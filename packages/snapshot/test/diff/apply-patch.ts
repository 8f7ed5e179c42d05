import type { JsonPatchOperation } from '../../src/diff/diff-values.ts'
import type { JsonValue } from '../../src/entries/entry.ts'
import { isJsonObject } from '../../src/entries/json-object.ts'

/** A strict reading of RFC 6902 for `add`, `remove` and `replace`, which shares no code with what makes them. */
export function applyPatch(document: JsonValue, operations: readonly JsonPatchOperation[]): JsonValue {
  let result = document
  for (const operation of operations) {
    const names = operation.path.split('/')
    if (names.shift() !== '') throw new Error(`no JSON Pointer: ${operation.path}`)
    const unescaped = names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    result = change(result, unescaped, operation)
  }
  return result
}

function change(target: JsonValue, names: readonly string[], operation: JsonPatchOperation): JsonValue {
  const [name, ...rest] = names
  if (name === undefined) {
    if (operation.op === 'remove') throw new Error('the root cannot be removed')
    return operation.value
  }
  if (Array.isArray(target)) return changeItem(target, name, rest, operation)
  if (!isJsonObject(target)) throw new Error(`there is nothing in a ${typeof target}`)
  // A map, because `__proto__` is a name like any other.
  const members = new Map(Object.entries(target))
  const member = members.get(name)
  if (rest.length === 0 && operation.op === 'add') members.set(name, operation.value)
  else if (member === undefined) throw new Error(`there is no member ${name}`)
  else if (rest.length > 0) members.set(name, change(member, rest, operation))
  else if (operation.op === 'replace') members.set(name, operation.value)
  else members.delete(name)
  return Object.fromEntries(members)
}

function changeItem(
  target: readonly JsonValue[],
  name: string,
  rest: readonly string[],
  operation: JsonPatchOperation,
): JsonValue {
  if (!/^(0|[1-9]\d*)$/.test(name)) throw new Error(`${name} is no index`)
  const index = Number(name)
  const isAdded = rest.length === 0 && operation.op === 'add'
  if (index >= target.length + Number(isAdded)) throw new Error(`there is no item ${name}`)
  if (isAdded) return target.toSpliced(index, 0, operation.value)
  const item = target[index]
  if (rest.length > 0 && item !== undefined) return target.with(index, change(item, rest, operation))
  return operation.op === 'remove' ? target.toSpliced(index, 1) : target.with(index, operation.value)
}
