import { diffEntries, entryKey, type Entry, type EntryChanges, type EntryRef } from '@outlast/snapshot'

export type DescribedChanges = EntryChanges & { readonly summary: string }

/** What would happen to a snapshot, with a sentence such as `would remove 12 routes, 3 upstreams; would add 1 service`. */
export function describeChanges(before: readonly Entry[], after: readonly Entry[]): DescribedChanges {
  const changes = diffEntries(before, after)
  const known = new Set(before.map(entryKey))
  const parts = [
    phrase('remove', changes.removed),
    phrase(
      'change',
      changes.upserted.filter((entry) => known.has(entryKey(entry))),
    ),
    phrase(
      'add',
      changes.upserted.filter((entry) => !known.has(entryKey(entry))),
    ),
  ]
  return { ...changes, summary: parts.filter((part) => part !== '').join('; ') || 'would change nothing' }
}

function phrase(verb: string, refs: readonly EntryRef[]): string {
  if (refs.length === 0) return ''
  const counts = Map.groupBy(refs, ({ kind }) => kind)
  const nouns = [...counts].map(([kind, { length }]) => `${String(length)} ${length === 1 ? singular(kind) : kind}`)
  return `would ${verb} ${nouns.join(', ')}`
}

/** Kinds are named like collections: `routes`. */
function singular(kind: string): string {
  return kind.endsWith('s') ? kind.slice(0, -1) : kind
}
