import type { JsonValue } from './entry.ts'

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
  return write(value, 0)
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

function writeString(text: string): string {
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
  // The default order of `sort` is by UTF-16 code units, as the RFC wants; an object's own order
  // would put integer-like names first.
  for (const name of Object.keys(object).sort()) {
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
