import type { Command } from 'commander'
import { compareEntries, type EntryComparison } from '@outlast/snapshot'
import { comparisonCounts, comparisonLines, maskedComparison } from '../snapshot/comparison-text.ts'
import { notFine } from '../snapshot/exit-codes.ts'
import { revealEntries } from '../snapshot/group-cipher.ts'
import { secretMask } from '../snapshot/mask-secrets.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'

export function snapshotDiffCommand(): Command {
  return snapshotSubcommand('diff', 'Say how two snapshots differ; secrets are masked. Exit code 2 when they do.')
    .argument('<before>', 'number of a snapshot, or latest')
    .argument('<after>', 'number of a snapshot, or latest')
    .option('--reveal', 'show secrets in clear, encrypted ones decrypted')
    .action(async (before: string, after: string, flags: { reveal?: true }, command: Command) => {
      await runOnStore(command, async (session) => diff(session, before, after, flags.reveal ?? false))
    })
}

async function diff(session: SnapshotSession, before: string, after: string, reveal: boolean): Promise<number> {
  const left = await session.resolve(before)
  const right = await session.resolve(after)
  const { partsRead, ...found } = await session.store.diff(left, right, { signal: session.signal })
  const mask = secretMask(() => '***')
  const comparison = reveal ? await inClear(session, found) : found
  if (session.json) {
    const { added, removed, changed } = reveal ? comparison : maskedComparison(comparison, mask)
    session.printJson({ before: left.sequence, after: right.sequence, added, removed, changed, partsRead })
  } else {
    for (const line of comparisonLines(comparison, reveal ? undefined : mask)) session.print(line)
    const total = left.parts.length + right.parts.length
    session.note(`${comparisonCounts(comparison)}; read ${partsRead} of ${total} parts`)
  }
  if (mask.replaced() > 0) session.note(`masked values that look secret: ${mask.replaced()}; --reveal shows them`)
  return found.added.length + found.removed.length + found.changed.length > 0 ? notFine : 0
}

async function inClear(session: SnapshotSession, found: EntryComparison): Promise<EntryComparison> {
  const { added, removed, changed } = found
  const before = [...removed, ...changed.map(({ kind, id, before: value }) => ({ kind, id, value }))]
  const after = [...added, ...changed.map(({ kind, id, after: value }) => ({ kind, id, value }))]
  return compareEntries(await revealEntries(session, before), await revealEntries(session, after))
}
