import type { JsonValue } from './entry.ts'
import { isJsonObject } from './json-object.ts'
import { sortNames } from './sort-names.ts'

// Deeper values would only test how large the reader's stack is.
const maximumDepth = 1000

/**
 * The canonical form of RFC 8785 (JCS): one text for equal values, whatever the order of their members.
 * Members whose value is `undefined` are left out, as `JSON.stringify` does.
 *
 * Throws `TypeError` for what has no such form: numbers that are not finite, strings with lone surrogates,
 * objects that are not plain (a `Date`, a `Map`), and nesting deeper than 1,000. The message never holds content.
 */
export function canonicalJson(value: JsonValue): string {
  if (isInOrder(value, 0)) {
    const text = JSON.stringify(value)
    // It escapes lone surrogates, which have no canonical form, where `write` refuses them.
    if (!text.includes('\\ud')) return text
  }
  return write(value, 0)
}

/**
 * Whether a text is the canonical form of the value that was parsed from it. Quicker than writing that form, because
 * `JSON.parse` makes nothing that has none but for nesting and lone surrogates. Throws as `canonicalJson` does.
 */
export function isCanonicalText(text: string, parsed: JsonValue): boolean {
  if (hasSortedNames(parsed, 0) && JSON.stringify(parsed) === text && !text.includes('\\ud')) return true
  // Integer-like names come first in the parsed value, not in the text, so there is more that is right.
  return canonicalJson(parsed) === text
}

function hasSortedNames(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === maximumDepth) return false
  if (!isJsonObject(value)) {
    for (const item of value) if (!hasSortedNames(item, depth + 1)) return false
    return true
  }
  let previous = ''
  // Quicker than over `Object.keys`. An inherited name, if somebody made one, cannot make unsorted names sorted.
  for (const name in value) {
    const member = value[name]
    if (name < previous || member === undefined || !hasSortedNames(member, depth + 1)) return false
    previous = name
  }
  return true
}

/** Whether `JSON.stringify`, which is several times quicker, writes the canonical form: as of what was parsed from it. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  if (value === null) return true
  if (depth === maximumDepth) return false
  if (Array.isArray(value)) {
    // Not `every`, which passes over holes.
    for (const item of value) if (!isInOrder(item, depth + 1)) return false
    return true
  }
  return isPlain(value) && !('toJSON' in value) && areMembersInOrder(value, depth + 1)
}

function areMembersInOrder(object: Readonly<Record<string, unknown>>, depth: number): boolean {
  let previous: string | undefined
  for (const name of Object.keys(object)) {
    if ((previous !== undefined && name < previous) || !isInOrder(object[name], depth)) return false
    previous = name
  }
  return true
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('A number that is not finite has no JSON form')
      // RFC 8785 takes ECMAScript's own number format; `String` writes -0 as 0.
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth === maximumDepth) throw new TypeError(`A JSON value is nested deeper than ${maximumDepth}`)
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1)
    default:
      throw new TypeError(`A value of type ${typeof value} has no JSON form`)
  }
}

// What JSON writes as it is. Nearly every string is one of these, and to look is quicker than to ask.
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

function writeString(text: string): string {
  if (plainText.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new TypeError('A string with a lone surrogate has no canonical JSON form')
  return JSON.stringify(text)
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '['
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ','
    text += write(items[index], depth)
  }
  return `${text}]`
}

function writeObject(object: object, depth: number): string {
  if (!isPlain(object)) throw new TypeError('Only plain objects have a JSON form')
  let text = ''
  // By UTF-16 code units, as the RFC wants; an object's own order would put integer-like names first.
  for (const name of sortNames(Object.keys(object))) {
    const member = object[name]
    if (member === undefined) continue
    text += `${text === '' ? '{' : ','}${writeString(name)}:${write(member, depth)}`
  }
  return text === '' ? '{}' : `${text}}`
}

function isPlain(object: object): object is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype || prototype === null) return true
  // An instance of a class, or an object of another realm; not one that looks empty while it holds something.
  return Object.prototype.toString.call(object) === '[object Object]' && !('toJSON' in object)
}
