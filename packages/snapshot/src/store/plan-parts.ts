import type { Bucket, LineOf } from '../entries/bucket.ts'
import { contentRoot } from '../format/content-root.ts'
import type { Entry } from '../entries/entry.ts'
import type { BucketedEntries } from '../entries/entry-set.ts'
import { fanoutFor } from '../entries/fan-out.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { entryLine } from '../format/part-codec.ts'

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
 * Spreads entries over buckets and finds out which parts of the base hold the same already; not those with a key in `lost`.
 * Only buckets that are new since their set was last planned, and those to be uploaded, are encoded.
 * Throws `TypeError` for entries without a canonical form, and `limit-exceeded`.
 */
export function planParts(
  entries: BucketedEntries,
  base: Manifest | undefined,
  lost: ReadonlySet<string> = new Set(),
): PartsPlan {
  const lineOf = rememberedLines()
  let bytes = 0
  for (const bucket of entries.buckets) bytes += bucket?.measure(lineOf) ?? 0
  const fanout = fanoutFor({ entries: entries.size, bytes, current: base?.fanout })
  entries.spreadOver(fanout)

  const existing = new Map(base?.fanout === fanout ? base.parts.map((part) => [part.bucket, part]) : [])
  const inOrder: { readonly bucket: number; readonly plain: PartReference['plain'] }[] = []
  const reused: PartReference[] = []
  const fresh: NewPart[] = []
  for (const [number, bucket] of entries.buckets.entries()) {
    if (bucket === undefined) continue
    const part = planPart(bucket, number, existing.get(number), lost, lineOf)
    if ('key' in part) reused.push(part)
    else fresh.push(part)
    inOrder.push(part)
  }
  return { fanout, root: contentRoot(fanout, inOrder), counts: countKinds(entries), reused, fresh }
}

function planPart(
  bucket: Bucket,
  number: number,
  existing: PartReference | undefined,
  lost: ReadonlySet<string>,
  lineOf: LineOf,
): PartReference | NewPart {
  const reusable = existing !== undefined && !lost.has(existing.key) ? existing : undefined
  if (reusable !== undefined && bucket.plain?.digest === reusable.plain.digest) return reusable
  const { bytes, plain } = bucket.encode(lineOf, number)
  if (plain.digest === reusable?.plain.digest) return reusable
  return { bucket: number, bytes, plain, count: bucket.entries.size }
}

/** A line is needed twice: for the fan-out, which depends on all sizes, and for its part. */
function rememberedLines(): LineOf {
  const lines = new Map<Entry, string>()
  return (entry) => {
    let line = lines.get(entry)
    if (line === undefined) {
      line = `${entryLine(entry)}\n`
      lines.set(entry, line)
    }
    return line
  }
}

function countKinds(entries: BucketedEntries): Manifest['counts'] {
  const total = new Map<string, number>()
  for (const bucket of entries.buckets) {
    if (bucket === undefined) continue
    for (const [kind, count] of bucket.counts) total.set(kind, (total.get(kind) ?? 0) + count)
  }
  // Not by assignment: a kind may have any name, `__proto__` too.
  return Object.fromEntries(total)
}
