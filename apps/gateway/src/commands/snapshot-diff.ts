import type { Command } from 'commander'
import { entryKey, type EntryRef, type SnapshotDiff } from '@outlast/snapshot'
import { secretMask, type SecretMask } from '../snapshot/mask-secrets.ts'
import { printable } from '../snapshot/readable.ts'
import { notFine, runOnStore, snapshotSubcommand, type SnapshotSession } from '../snapshot/snapshot-command.ts'

export function snapshotDiffCommand(): Command {
  return snapshotSubcommand('diff', 'Say how two snapshots differ; secrets are masked. Exit code 2 when they do.')
    .argument('<before>', 'number of a snapshot, or latest')
    .argument('<after>', 'number of a snapshot, or latest')
    .option('--reveal', 'show secrets in clear')
    .action(async (before: string, after: string, flags: { reveal?: true }, command: Command) => {
      await runOnStore(command, async (session) => diff(session, before, after, flags.reveal ?? false))
    })
}

async function diff(session: SnapshotSession, before: string, after: string, reveal: boolean): Promise<number> {
  const left = await session.resolve(before)
  const right = await session.resolve(after)
  const found = await session.store.diff(left, right, { signal: session.signal })
  const mask = secretMask(() => '***')
  const { added, removed, changed, partsRead } = reveal ? found : masked(found, mask)
  if (session.json) {
    session.printJson({ before: left.sequence, after: right.sequence, added, removed, changed, partsRead })
  } else {
    for (const entry of removed) session.print(line('-', entry))
    for (const entry of added) session.print(line('+', entry))
    for (const { operations, ...entry } of changed) {
      session.print(line('~', entry))
      for (const operation of operations) {
        const value = operation.op === 'remove' ? '' : ` ${JSON.stringify(operation.value)}`
        session.print(printable(`    ${operation.op} ${operation.path || '(the whole value)'}${value}`))
      }
    }
    const total = left.parts.length + right.parts.length
    session.note(
      `${added.length} added, ${removed.length} removed, ${changed.length} changed; read ${partsRead} of ${total} parts`,
    )
  }
  if (mask.replaced() > 0) session.note(`masked values that look secret: ${mask.replaced()}; --reveal shows them`)
  return added.length + removed.length + changed.length > 0 ? notFine : 0
}

// What differs is found before anything is masked, so a changed secret is seen as a change.
function masked(found: SnapshotDiff, mask: SecretMask): SnapshotDiff {
  return {
    ...found,
    added: found.added.map((entry) => mask.entry(entry)),
    removed: found.removed.map((entry) => mask.entry(entry)),
    changed: found.changed.map((entry) => ({
      ...entry,
      before: mask.entry({ ...entry, value: entry.before }).value,
      after: mask.entry({ ...entry, value: entry.after }).value,
      operations: entry.operations.map((operation) => mask.operation(entry, operation)),
    })),
  }
}

function line(sign: string, entry: EntryRef): string {
  return printable(`${sign} ${entryKey(entry)}`)
}
