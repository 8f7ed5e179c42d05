import type { Command } from 'commander'
import { holdReason, SnapshotError, type Manifest } from '@outlast/snapshot'
import { positiveInteger } from '../snapshot/positive-integer.ts'
import { printable, readableAge, readableBytes, readableCounts, table } from '../snapshot/readable.ts'
import { runOnStore, snapshotSubcommand } from '../snapshot/snapshot-command.ts'
import { noSnapshots, type SnapshotSession } from '../snapshot/snapshot-session.ts'

export function snapshotLsCommand(): Command {
  return snapshotSubcommand('ls', 'List snapshots, newest first.')
    .option('-n, --limit <count>', 'how many', '20')
    .action(async (flags: { limit: string }, command: Command) => {
      const limit = positiveInteger(flags.limit, '--limit')
      await runOnStore(command, async (session) => list(session, limit))
    })
}

async function list(session: SnapshotSession, limit: number): Promise<void> {
  const { store, signal } = session
  const sequences = await store.sequences({ signal })
  if (sequences.length === 0) session.note(noSnapshots(session.name).message)
  const rows = await readAll(session, sequences.slice(0, limit))
  // Only the head knows; without it there is still the list.
  const { checkedAt, matchedAt, matchedRevision, held } = (await store.latest({ signal })) ?? {}
  const times = { checkedAt: isoTime(checkedAt), matchedAt: isoTime(matchedAt), matchedRevision, held }
  if (session.json) {
    session.printJson({
      store: session.name,
      ...times,
      total: sequences.length,
      snapshots: rows.map(({ snapshot, ...row }) => ({ ...row, ...snapshot })),
    })
    return
  }
  if (rows.length === 0) return
  session.print(table([header, ...rows.map(line)]))
  if (rows.length < sequences.length)
    session.note(`${sequences.length - rows.length} older ones are not shown; see --limit`)
  if (matchedAt !== undefined) session.note(`last found equal to its source ${readableAge(Date.now() - matchedAt)} ago`)
  const hold = rows[0]?.snapshot?.hold
  if (hold !== undefined) session.note(printable(holdReason(hold)))
  if (held !== undefined) session.note(`the exporter holds: ${printable(held)}`)
}

interface Row {
  readonly sequence: number
  /** Why it cannot be used; then nothing else is known. */
  readonly problem?: { readonly code: string; readonly message: string }
  readonly snapshot?: ReturnType<typeof describe>
}

/** How many manifests are read at the same time. */
const concurrency = 8

async function readAll({ store, signal }: SnapshotSession, sequences: readonly number[]): Promise<Row[]> {
  const rows: Row[] = []
  for (let start = 0; start < sequences.length; start += concurrency) {
    const batch = sequences.slice(start, start + concurrency).map(async (sequence): Promise<Row> => {
      try {
        const { manifest, digest } = await store.manifest(sequence, { signal })
        return { sequence, snapshot: describe(manifest, digest) }
      } catch (error) {
        if (!SnapshotError.isInstance(error)) throw error
        return { sequence, problem: { code: error.code, message: error.message } }
      }
    })
    rows.push(...(await Promise.all(batch)))
  }
  return rows
}

function describe(manifest: Manifest, digest: string) {
  const { createdAt, position, source, counts, parts, fanout, root, hold, approvals, signatures, sealing, needs } =
    manifest
  const sum = (of: (part: Manifest['parts'][number]) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    createdAt,
    ageSeconds: Math.trunc((Date.now() - Date.parse(createdAt)) / 1000),
    position,
    source,
    entries: sum((part) => part.count),
    counts,
    fanout,
    parts: parts.length,
    storedBytes: sum((part) => part.stored.size),
    plainBytes: sum((part) => part.plain.size),
    root,
    manifest: digest,
    ...(hold && { hold }),
    ...(approvals && { approvals }),
    ...(signatures && { signedBy: signatures.map(({ keyId }) => keyId) }),
    ...(sealing && { sealedWith: sealing.keyId }),
    ...(needs && { needs }),
  }
}

const header = ['SEQUENCE', 'CREATED', 'AGE', 'POSITION', 'SIZE', 'CONTENT', 'MARKS', 'ENTRIES'] as const

function line({ sequence, snapshot, problem }: Row): string[] {
  if (!snapshot) return [String(sequence), `${problem?.code}: ${printable(problem?.message ?? '')}`]
  const { createdAt, ageSeconds, position, storedBytes, root, counts } = snapshot
  const marks = [
    ...(snapshot.signedBy ? ['signed'] : []),
    ...(snapshot.sealedWith ? ['sealed'] : []),
    ...(snapshot.hold ? ['held'] : []),
  ]
  return [
    String(sequence),
    createdAt,
    readableAge(ageSeconds * 1000),
    `${position.epoch}:${position.revision}`,
    readableBytes(storedBytes),
    root.slice('sha256:'.length).slice(0, 12),
    marks.join(',') || '-',
    printable(readableCounts(counts)),
  ]
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
