import * as fc from 'fast-check'
import { entryKey, type Entry, type JsonValue } from '../src/entries/entry.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })

/** Any JSON value that has a canonical form. */
export const jsonValues: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 4 })
  .map((value): unknown => value)
  .filter((value): value is JsonValue => isWellFormed(value))

const names = text.filter((name) => name !== '' && name.isWellFormed())
const kinds = fc.oneof(
  fc.constantFrom('routes', 'services', 'consumers', '__proto__', 'constructor', '10', '9'),
  names.map((name) => name.replaceAll('/', '_')),
)

export const entries: fc.Arbitrary<Entry[]> = fc.uniqueArray(
  fc.record({ kind: kinds, id: fc.oneof(names, fc.constant('jack/credentials/1')), value: jsonValues }),
  { selector: entryKey, maxLength: 30 },
)

function isWellFormed(value: unknown): boolean {
  // `JSON.stringify` escapes lone surrogates, and only those.
  return !/\\ud[89a-f]/i.test(JSON.stringify(value))
}

/** The same value with the members of every object in another order. */
export function shuffleMembers(value: JsonValue, seed: number): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => shuffleMembers(item, seed))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, shuffleMembers(member, seed)] as const)
  const turned = [...members.slice(seed % (members.length + 1)), ...members.slice(0, seed % (members.length + 1))]
  return Object.fromEntries(seed % 2 === 0 ? turned : turned.toReversed())
}
