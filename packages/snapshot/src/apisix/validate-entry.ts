import { entryKey, type Entry } from '../entries/entry.ts'
import { findIssue } from './find-issue.ts'
import { jsonPointer } from '../entries/json-pointer.ts'

/**
 * Why APISIX would refuse this entry, as one sentence that begins with `kind/id` and the JSON path
 * (`routes/1: /upstream/nodes/0/weight: …`), or `undefined`. The sentence never quotes the value. Kinds and
 * fields that nobody knows are accepted, and the value is never changed: no default is written into it.
 */
export function validateEntry(entry: Entry): string | undefined {
  const issue = findIssue(entry)
  if (issue === undefined) return undefined
  const path = jsonPointer(issue.path)
  return `${entryKey(entry)}: ${path === '' ? '' : `${path}: `}${issue.message}`
}
