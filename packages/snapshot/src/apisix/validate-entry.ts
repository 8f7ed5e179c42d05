import type { z } from 'zod'
import { entryKey, type Entry } from '../entry.ts'
import { schemaOf } from './schema-of.ts'

/**
 * Why APISIX would refuse this entry, as one sentence that begins with `kind/id` and the JSON path
 * (`routes/1: /upstream/nodes/0/weight: …`), or `undefined`. The sentence never quotes the value. Kinds and
 * fields that nobody knows are accepted, and the value is never changed: no default is written into it.
 */
export function validateEntry(entry: Entry): string | undefined {
  const result = schemaOf(entry)?.safeParse(entry.value)
  if (result === undefined || result.success) return undefined
  const issue = mostTelling(result.error.issues)
  if (issue === undefined) return `${entryKey(entry)} is not valid`
  const path = issue.path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return `${entryKey(entry)}: ${path === '' ? '' : `${path}: `}${issue.message}`
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
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
