import { entryKey, type EntryComparison, type EntryRef } from '@outlast/snapshot'
import { secretMask, type SecretMask } from './mask-secrets.ts'
import { printable } from './readable.ts'
import type { SnapshotSession } from './snapshot-session.ts'

/** What differs is found before anything is masked, so a changed secret is seen as a change. */
export function maskedComparison(comparison: EntryComparison, mask: SecretMask): EntryComparison {
  return {
    added: comparison.added.map((entry) => mask.entry(entry)),
    removed: comparison.removed.map((entry) => mask.entry(entry)),
    changed: comparison.changed.map((entry) => ({
      ...entry,
      before: mask.entry({ ...entry, value: entry.before }).value,
      after: mask.entry({ ...entry, value: entry.after }).value,
      operations: entry.operations.map((operation) => mask.operation(entry, operation)),
    })),
  }
}

/** A line for each entry, and one for each operation inside of those that changed; without a mask in clear. */
export function comparisonLines({ added, removed, changed }: EntryComparison, mask?: SecretMask): string[] {
  return [
    ...removed.map((entry) => line('-', entry)),
    ...added.map((entry) => line('+', entry)),
    ...changed.flatMap(({ operations, ...entry }) => [
      line('~', entry),
      ...operations.map((original) => {
        const operation = mask?.operation(entry, original) ?? original
        const value = operation.op === 'remove' ? '' : ` ${JSON.stringify(operation.value)}`
        return printable(`    ${operation.op} ${operation.path || '(the whole value)'}${value}`)
      }),
    ]),
  ]
}

/** `2 added, 1 removed, 0 changed` */
export function comparisonCounts({ added, removed, changed }: EntryComparison): string {
  return `${added.length} added, ${removed.length} removed, ${changed.length} changed`
}

function line(sign: string, entry: EntryRef): string {
  return printable(`${sign} ${entryKey(entry)}`)
}

/**
 * Shows, with secrets masked, what a commit would change; on standard error, because it is not what was asked for. How
 * much it is comes last, where the question follows.
 */
export function showComparison(session: SnapshotSession, comparison: EntryComparison, what: string): void {
  const lines = comparisonLines(
    comparison,
    secretMask(() => '***'),
  )
  session.note([`${what}:`, ...lines, comparisonCounts(comparison)].join('\n'))
}
