import { describe, expect, it } from 'vitest'
import { validateEntry } from '../../src/apisix/validate-entry.ts'
import type { JsonValue } from '../../src/entries/entry.ts'

/** A place in a value, what may stand there, and what may not. `undefined` removes the member. */
export type Bound = readonly [
  path: string,
  valid: readonly (JsonValue | undefined)[],
  invalid: readonly (JsonValue | undefined)[],
]

/** Registers one test for each edge: `base` with that value put in is accepted, or refused with exactly this path. */
export function describeBounds(kind: string, id: string, base: JsonValue, bounds: readonly Bound[]): void {
  describe(`${kind}/${id}`, () => {
    it('accepts the value that the edges are put into', () => {
      expect(validateEntry({ kind, id, value: base })).toBeUndefined()
    })
    for (const [path, valid, invalid] of bounds) {
      it.each(valid.map((edge) => [edge]))(`allows at ${path}: ${short}`, (edge) => {
        expect(validateEntry({ kind, id, value: put(base, path, edge) })).toBeUndefined()
      })
      it.each(invalid.map((edge) => [edge]))(`refuses at ${path}: ${short}`, (edge) => {
        const verdict = validateEntry({ kind, id, value: put(base, path, edge) })
        const prefix = `${kind}/${id}: ${path === '' ? '' : path}`
        expect(verdict?.slice(0, prefix.length)).toBe(prefix)
      })
    }
  })
}

/** A text of so many characters. */
export function letters(count: number): string {
  return 'a'.repeat(count)
}

// Vitest shows long values in full otherwise.
const short = '%#'

function put(base: JsonValue, path: string, edge: JsonValue | undefined): JsonValue {
  const [name, ...rest] = path.split('/').slice(1)
  if (name === undefined) return edge ?? null
  const inner = rest.map((segment) => `/${segment}`).join('')
  if (Array.isArray(base)) {
    return base.map((item: JsonValue, index) => (index === Number(name) ? put(item, inner, edge) : item))
  }
  const members = new Map(Object.entries(base ?? {}))
  if (rest.length > 0) members.set(name, put(members.get(name) ?? {}, inner, edge))
  else if (edge === undefined) members.delete(name)
  else members.set(name, edge)
  return Object.fromEntries(members)
}
