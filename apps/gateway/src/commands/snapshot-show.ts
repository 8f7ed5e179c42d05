import type { Command } from 'commander'
import { entryKey, holdReason, type Entry, type Manifest, type Needs } from '@outlast/snapshot'
import { revealEntries } from '../snapshot/group-cipher.ts'
import { secretMask } from '../snapshot/mask-secrets.ts'
import { printable, readableAge, readableCounts, table } from '../snapshot/readable.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import type { SnapshotSession } from '../snapshot/snapshot-session.ts'
import { UserError } from '../user-error.ts'

interface ShowFlags {
  readonly kind?: string
  readonly id?: string
  readonly reveal?: true
}

export function snapshotShowCommand(): Command {
  return snapshotSubcommand('show', 'Show a snapshot, or with --kind what is in it; secrets are masked.')
    .argument('<sequence>', 'number of a snapshot, or latest')
    .option('--kind <kind>', 'entries of this kind')
    .option('--id <id>', 'only this one of them')
    .option('--reveal', 'show secrets in clear, encrypted ones decrypted')
    .action(async (reference: string, flags: ShowFlags, command: Command) => {
      if (flags.id !== undefined && flags.kind === undefined) throw new UserError('--id needs --kind')
      await runOnStore(command, async (session) => {
        const manifest = await session.resolve(reference)
        if (flags.kind === undefined) showManifest(session, manifest)
        else await showEntries(session, manifest, flags)
      })
    })
}

function showManifest(session: SnapshotSession, manifest: Manifest): void {
  if (session.json) {
    session.printJson(manifest)
    return
  }
  const { sequence, createdAt, position, source, previous, fanout, parts, counts, root, commitId } = manifest
  const { needs, hold, approvals = [], signatures, sealing } = manifest
  const rows = [
    ['sequence', String(sequence)],
    ['created', `${createdAt} (${readableAge(Date.now() - Date.parse(createdAt))} ago)`],
    ['position', `epoch ${position.epoch}, revision ${position.revision}`],
    ['source', source.identity],
    ['commit', commitId],
    ['built on', previous ?? 'nothing'],
    ['needs', needText(needs)],
    ['signed by', signatures?.map(({ keyId }) => keyId).join(', ') ?? 'nobody'],
    ['sealed with', sealing?.keyId ?? 'nothing'],
    ...(hold ? [['held', holdReason(hold)]] : []),
    ...approvals.map(({ action, actor, reason, at }) => ['approved', `${action} by ${actor} at ${at}: ${reason}`]),
    ['parts', `${parts.length} of ${fanout} buckets`],
    ['entries', readableCounts(counts)],
    ['content', root],
  ]
  session.print(table(rows.map((row) => row.map(printable))))
}

function needText({ instance, keys }: Needs = {}): string {
  const parts = [
    ...(instance ? [`instance at ${instance.epoch}:${instance.revision}`] : []),
    ...(keys ? [`keys ${keys.join(', ')}`] : []),
  ]
  return parts.join('; ') || 'nothing else'
}

async function showEntries(session: SnapshotSession, manifest: Manifest, flags: ShowFlags): Promise<void> {
  const { kind, id, reveal } = flags
  const { entries } = await session.store.load(manifest, { signal: session.signal })
  const found = entries.filter((entry) => entry.kind === kind && (id === undefined || entry.id === id))
  if (found.length === 0) {
    throw new UserError(`snapshot ${manifest.sequence} has no ${kind}${id === undefined ? '' : ` with the id ${id}`}`)
  }
  const mask = secretMask(() => '***')
  const shown: readonly Entry[] = reveal ? await revealEntries(session, found) : found.map((entry) => mask.entry(entry))
  if (session.json) session.printJson({ sequence: manifest.sequence, entries: shown })
  else session.print(shown.flatMap(linesOf).map(printable).join('\n'))
  if (mask.replaced() > 0) session.note(`masked values that look secret: ${mask.replaced()}; --reveal shows them`)
}

function linesOf(entry: Entry): string[] {
  const value = JSON.stringify(entry.value, undefined, 2).split('\n')
  return [entryKey(entry), ...value.map((line) => `  ${line}`)]
}
