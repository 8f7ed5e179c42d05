import { entryKey, type Entry } from './entry.ts'

/**
 * Why these entries are no configuration, or `undefined`. Checks what everything else relies on:
 * kinds without a `/`, names that are not empty, and no entry twice.
 */
export function checkEntries(entries: readonly Entry[]): string | undefined {
  const seen = new Set<string>()
  for (const entry of entries) {
    const problem = checkEntry(entry)
    if (problem !== undefined) return problem
    const key = entryKey(entry)
    if (seen.has(key)) return repeated(key)
    seen.add(key)
  }
  return undefined
}

/** The same for one entry. */
export function checkEntry(entry: {
  readonly kind: unknown
  readonly id: unknown
  readonly value: unknown
}): string | undefined {
  if (typeof entry.kind !== 'string' || entry.kind === '' || entry.kind.includes('/')) {
    return 'the kind of an entry must be a string that is not empty and holds no slash'
  }
  if (typeof entry.id !== 'string' || entry.id === '') {
    return `the id of an entry of kind ${entry.kind} must be a string that is not empty`
  }
  return entry.value === undefined ? `${entry.kind}/${entry.id} has no value` : undefined
}

/** What is wrong with a key that comes up again. */
export function repeated(key: string): string {
  return `${key} is there twice`
}
