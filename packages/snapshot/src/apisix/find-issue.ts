import type { z } from 'zod'
import type { Entry, JsonValue } from '../entries/entry.ts'
import { accepts } from './accepts.ts'
import { schemaOf } from './schema-of.ts'

/** What is wrong with a value, and where. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The issue that tells most about why APISIX would refuse an entry; `undefined` when it would not. */
export function findIssue(entry: Entry): Issue | undefined {
  const schema = schemaOf(entry)
  return schema && issueWith(schema, entry.value)
}

/** The same for a value and any schema. */
export function issueWith(schema: z.ZodType, value: JsonValue): Issue | undefined {
  if (accepts(schema, value)) return undefined
  const result = schema.safeParse(value)
  if (result.success) return undefined
  return mostTelling(result.error.issues) ?? { path: [], message: 'is not valid' }
}

// Of a union's branches, the one whose trouble lies deepest is the one that was meant.
function mostTelling(issues: readonly z.core.$ZodIssue[]): Issue | undefined {
  const first = issues[0]
  if (first?.code !== 'invalid_union') return first
  let deepest: Issue = { path: first.path, message: first.message }
  for (const branch of first.errors) {
    const inner = mostTelling(branch)
    if (inner === undefined || inner.path.length === 0) continue
    const path = [...first.path, ...inner.path]
    if (path.length > deepest.path.length) deepest = { path, message: inner.message }
  }
  return deepest
}
