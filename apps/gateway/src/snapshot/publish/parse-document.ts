import type { JsonValue } from '@outlast/snapshot'
import { LineCounter, parseDocument as parseYamlDocument } from 'yaml'
import { UserError } from '../../user-error.ts'

/** The content of a JSON file, or of an `apisix.yaml`. Throws a `UserError` that quotes nothing of it. */
export function parseDocument(text: string): JsonValue {
  return /^\s*[{[]/.test(text) ? parseJson(text) : parseYaml(text)
}

function parseJson(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    // The parser's own message would quote the text.
    throw new UserError('is not valid JSON')
  }
}

function parseYaml(text: string): JsonValue {
  if (!/(^|\n)#END\s*$/.test(text)) {
    throw new UserError('does not end with a line "#END": APISIX would take it for half written')
  }
  const lines = new LineCounter()
  // As APISIX's parser reads it.
  const document = parseYamlDocument(text, { version: '1.1', lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) throw new UserError(`line ${lines.linePos(error.pos[0]).line}: is not valid YAML (${error.code})`)
  try {
    const value: unknown = document.toJS()
    return jsonValue(value ?? {}, '')
  } catch (failure) {
    throw failure instanceof UserError ? failure : new UserError('is not valid YAML')
  }
}

/** YAML can say more than JSON: times, sets, binary data, numbers without end. */
function jsonValue(value: unknown, path: string): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((item, index) => jsonValue(item, `${path}/${index}`))
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonValue(inner, `${path}/${name}`)]))
  }
  throw new UserError(`${path}: is a value that JSON does not have; put it in quotes`)
}
