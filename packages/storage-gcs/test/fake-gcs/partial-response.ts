import { refusals } from './refusal.ts'

/**
 * The part of a resource that `fields` asks for: names separated by commas, and paths such as `items/name`. A field that
 * the resource's kind does not have is refused.
 */
export function partialResponse(
  resource: Readonly<Record<string, unknown>>,
  fields: string | null,
  known: readonly string[],
): object {
  if (fields === null || fields === '*') return resource
  const paths = fields.split(',')
  const unknown = paths.find((path) => !known.includes(path))
  if (unknown !== undefined) throw refusals.invalidParameter('fields', `Invalid field selection ${unknown}`)
  const result: Record<string, unknown> = {}
  for (const path of paths) {
    const [name = '', below] = path.split('/')
    const value = resource[name]
    if (value === undefined) continue
    result[name] = below === undefined ? value : selectBelow(value, below, result[name])
  }
  return result
}

/** `below` of each member, beside what was selected from them before. */
function selectBelow(members: unknown, below: string, before: unknown): unknown {
  if (!Array.isArray(members)) return members
  return members.map((member: unknown, index) => ({
    ...(Array.isArray(before) ? before[index] : undefined),
    [below]: typeof member === 'object' && member !== null && below in member ? Reflect.get(member, below) : undefined,
  }))
}
