import { contentRoot } from './content-root.ts'
import { digestOf } from './digest.ts'
import { entryKey, type Entry } from './entry.ts'
import { bucketOf, fanoutFor } from './fan-out.ts'
import { maximumPartBytes } from './limits.ts'
import type { Manifest, PartReference } from './manifest.ts'
import { entryLine } from './part-codec.ts'
import { SnapshotError } from './snapshot-error.ts'

/** A part that the base does not have. */
export interface NewPart {
  readonly bucket: number
  readonly bytes: Uint8Array
  readonly plain: PartReference['plain']
  readonly count: number
}

/** How a configuration is laid out in parts. */
export interface PartsPlan {
  readonly fanout: number
  readonly root: string
  readonly counts: Manifest['counts']
  readonly reused: readonly PartReference[]
  readonly fresh: readonly NewPart[]
}

/**
 * Assigns entries to buckets and finds out which parts of the base hold the same already; not those with a key in `lost`.
 * Throws `TypeError` for entries without a canonical form, and `limit-exceeded`.
 */
export function planParts(
  entries: readonly Entry[],
  base: Manifest | undefined,
  lost: ReadonlySet<string> = new Set(),
): PartsPlan {
  const lines = entries.map((entry) => ({ key: entryKey(entry), line: `${entryLine(entry)}\n` }))
  const bytes = lines.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0)
  const fanout = fanoutFor({ entries: entries.length, bytes, current: base?.fanout })
  const existing = new Map(base?.fanout === fanout ? base.parts.map((part) => [part.bucket, part]) : [])
  const reused: PartReference[] = []
  const fresh: NewPart[] = []
  for (const [bucket, members] of intoBuckets(lines, fanout)) {
    // By UTF-16 code units, as the members of canonical JSON.
    members.sort((left, right) => (left.key < right.key ? -1 : 1))
    const part = newPart(
      bucket,
      members.map(({ line }) => line),
    )
    const same = existing.get(bucket)
    if (same?.plain.digest === part.plain.digest && !lost.has(same.key)) reused.push(same)
    else fresh.push(part)
  }
  const inOrder = [...reused, ...fresh].sort((left, right) => left.bucket - right.bucket)
  return { fanout, root: contentRoot(fanout, inOrder), counts: countKinds(entries), reused, fresh }
}

interface Line {
  readonly key: string
  readonly line: string
}

function intoBuckets(lines: readonly Line[], fanout: number): Map<number, Line[]> {
  const buckets = new Map<number, Line[]>()
  for (const line of lines) {
    const bucket = bucketOf(line.key, fanout)
    const members = buckets.get(bucket)
    if (members === undefined) buckets.set(bucket, [line])
    else members.push(line)
  }
  return buckets
}

function newPart(bucket: number, lines: readonly string[]): NewPart {
  const bytes = Buffer.from(lines.join(''))
  if (bytes.byteLength > maximumPartBytes) {
    throw new SnapshotError('limit-exceeded', `Bucket ${bucket} holds ${bytes.byteLength} bytes, more than a part may`)
  }
  return { bucket, bytes, plain: { digest: digestOf(bytes), size: bytes.byteLength }, count: lines.length }
}

function countKinds(entries: readonly Entry[]): Manifest['counts'] {
  const counts = new Map<string, number>()
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  // Not by assignment: a kind may have any name, `__proto__` too.
  return Object.fromEntries(counts)
}
