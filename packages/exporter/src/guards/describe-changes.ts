import { diffEntries, entryKey, type Entry, type EntryRef } from '@outlast/snapshot'

/** What would happen to a snapshot, with a sentence such as `would remove 12 routes, 3 upstreams; would add 1 service`. */
export interface DescribedChanges {
  readonly removed: readonly EntryRef[]
  readonly changed: readonly Entry[]
  readonly added: readonly Entry[]
  readonly summary: string
}

export function describeChanges(before: readonly Entry[], after: readonly Entry[]): DescribedChanges {
  const { removed, upserted } = diffEntries(before, after)
  const known = new Set(before.map(entryKey))
  const isKnown = (entry: Entry): boolean => known.has(entryKey(entry))
  const changed = upserted.filter((entry) => isKnown(entry))
  const added = upserted.filter((entry) => !isKnown(entry))
  const parts = [phrase('remove', removed), phrase('change', changed), phrase('add', added)]
  return { removed, changed, added, summary: parts.filter((part) => part !== '').join('; ') || 'would change nothing' }
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
