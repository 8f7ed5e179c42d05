import type { JsonValue } from '../entries/entry.ts'
import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject, type JsonObject } from '../entries/json-object.ts'
import { jsonPointer } from '../entries/json-pointer.ts'

/** Pointers with a common beginning, laid out for walking along a value. */
export interface FieldTree {
  /** The pointer to here, from the last `*` on: known beforehand, so that walking costs no texts. */
  readonly path: string
  /** Whether a field ends here. What it holds belongs to it, so nothing below matters. */
  readonly isField: boolean
  /** How it goes on by name; what goes on by `*` is part of each. */
  readonly members: ReadonlyMap<string, FieldTree>
  /** How it goes on by every other name. */
  readonly others: FieldTree | undefined
}

/** What stands at a field instead; the very same value when it is to stay. */
export type ReplaceField = (value: JsonValue, pointer: string) => JsonValue

/** The tree of these pointers, each as its names. */
export function fieldTree(pointers: readonly (readonly string[])[], path = ''): FieldTree {
  const after = (...firsts: readonly string[]): (readonly string[])[] =>
    pointers.filter(([first]) => first !== undefined && firsts.includes(first)).map((names) => names.slice(1))
  const members = new Map<string, FieldTree>()
  for (const [name] of pointers) {
    if (name === undefined || name === '*' || members.has(name)) continue
    members.set(name, fieldTree(after(name, '*'), path + jsonPointer([name])))
  }
  const others = after('*')
  return {
    path,
    isField: pointers.some((names) => names.length === 0),
    members,
    others: others.length === 0 ? undefined : fieldTree(others),
  }
}

/** The value with other contents at the fields of the tree; the very same one when nothing changes. */
export function replaceAlong(tree: FieldTree, value: JsonValue, replace: ReplaceField, base = ''): JsonValue {
  if (tree.isField) return replace(value, base + tree.path)
  if (isJsonArray(value)) return replaceInItems(tree, value, replace, base)
  return isJsonObject(value) ? replaceInMembers(tree, value, replace, base) : value
}

function replaceInMembers(tree: FieldTree, object: JsonObject, replace: ReplaceField, base: string): JsonValue {
  let copy: Record<string, JsonValue> | undefined
  // Not `Object.keys`: most objects hold no field, and looking must cost next to nothing.
  for (const name in object) {
    const next = tree.members.get(name) ?? tree.others
    const member = object[name]
    if (next === undefined || member === undefined) continue
    const replaced = replaceAlong(next, member, replace, baseOf(next, tree, name, base))
    if (replaced === member) continue
    copy ??= { ...object }
    copy[name] = replaced
  }
  return copy ?? object
}

function replaceInItems(tree: FieldTree, items: readonly JsonValue[], replace: ReplaceField, base: string): JsonValue {
  if (tree.members.size === 0 && tree.others === undefined) return items
  let copy: JsonValue[] | undefined
  for (const [index, item] of items.entries()) {
    const next = tree.members.get(String(index)) ?? tree.others
    if (next === undefined) continue
    const replaced = replaceAlong(next, item, replace, baseOf(next, tree, index, base))
    if (replaced === item) continue
    copy ??= [...items]
    copy[index] = replaced
  }
  return copy ?? items
}

// Paths of a tree begin anew after a `*`, because only the value tells which name that is.
function baseOf(next: FieldTree, tree: FieldTree, name: string | number, base: string): string {
  return next === tree.others ? base + tree.path + jsonPointer([name]) : base
}
