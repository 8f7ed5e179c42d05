import type { JsonValue } from '../entries/entry.ts'
import { isJsonArray } from '../entries/json-array.ts'
import { isJsonObject } from '../entries/json-object.ts'
import { jsonPointer } from '../entries/json-pointer.ts'

/** Whether a text in a value (not a member's name), however deep it lies, passes the test. */
export function someText(value: JsonValue, test: (text: string) => boolean): boolean {
  // Lists of what is left to do instead of recursion, here and below: values may be nested deeper than a stack is.
  const open: (JsonValue | undefined)[] = [value]
  while (open.length > 0) {
    // A member may be `undefined`, as in values that never were JSON texts.
    const at = open.pop()
    if (typeof at === 'string') {
      if (test(at)) return true
    } else if (typeof at === 'object' && at !== null) {
      for (const member of Object.values(at)) open.push(member)
    }
  }
  return false
}

interface Place {
  readonly value: JsonValue
  readonly name: string | number
  readonly parent: Place | undefined
  /** Of `value`, once something in it was replaced. */
  copy: JsonValue[] | Record<string, JsonValue> | undefined
}

/**
 * The value with other contents in the place of its texts, in their order; the very same one when `replace` always
 * returns the text that it was given. `pointer` tells where the text is.
 */
export function replaceTexts(value: JsonValue, replace: (text: string, pointer: () => string) => JsonValue): JsonValue {
  if (typeof value === 'string') return replace(value, () => '')
  const root: Place = { value, name: '', parent: undefined, copy: undefined }
  const open = [root]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const at = place
    if (typeof at.value === 'string') {
      const replaced = replace(at.value, () => pointerOf(at))
      if (replaced !== at.value) put(replaced, at)
    } else {
      // The last one first, so that the first one is next.
      for (const [name, member] of membersOf(at.value).toReversed()) {
        open.push({ value: member, name, parent: at, copy: undefined })
      }
    }
  }
  return root.copy ?? value
}

function membersOf(value: JsonValue): [string | number, JsonValue][] {
  if (isJsonArray(value)) return [...value.entries()]
  return isJsonObject(value) ? Object.entries(value) : []
}

function pointerOf(place: Place): string {
  const path: (string | number)[] = []
  for (let at = place; at.parent !== undefined; at = at.parent) path.push(at.name)
  return jsonPointer(path.toReversed())
}

// Copies what is around it, up to what was copied before.
function put(replacement: JsonValue, place: Place): void {
  let child = replacement
  for (let at = place; at.parent !== undefined; at = at.parent) {
    const around = at.parent
    const isCopied = around.copy !== undefined
    around.copy ??= copyOf(around.value)
    Reflect.set(around.copy, at.name, child)
    if (isCopied) return
    child = around.copy
  }
}

function copyOf(value: JsonValue): JsonValue[] | Record<string, JsonValue> {
  if (isJsonArray(value)) return [...value]
  return isJsonObject(value) ? { ...value } : {}
}
