import type { Bucket } from '../entries/bucket.ts'
import { contentRoot } from '../format/content-root.ts'
import type { BucketedEntries } from '../entries/entry-set.ts'
import { atOnce, type Steps } from '../entries/steps.ts'
import { fanoutFor } from '../entries/fan-out.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { contentDigest } from '../format/part-codec.ts'
import type { PartSealer } from '../sealing/part-sealer.ts'

/** A part that the base does not have. */
export interface NewPart {
  readonly bucket: number
  /** Whose form `text` is. */
  readonly from: Bucket
  /** Its plain form. Bytes are made of it when it is uploaded: those of all parts at once would be twice the configuration. */
  readonly text: string
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
  /** Ids of the keyring keys that encrypted fields were made with, sorted. */
  readonly keys: readonly string[]
}

export interface PlanOptions {
  /** Keys of the base's parts that are not to be taken over. */
  readonly lost?: ReadonlySet<string> | undefined
  readonly sealer?: PartSealer | undefined
}

/**
 * Spreads entries over buckets and finds out which parts of the base hold the same already.
 * Only buckets that are new since their set was last planned, and those to be uploaded, are encoded.
 * Throws `TypeError` for entries without a canonical form, and `limit-exceeded`.
 */
export function planParts(entries: BucketedEntries, base: Manifest | undefined, options: PlanOptions = {}): PartsPlan {
  return atOnce(planSteps(entries, base, options))
}

/** The same in steps. Nobody may plan the same entries meanwhile. */
export function* planSteps(
  entries: BucketedEntries,
  base: Manifest | undefined,
  { lost = new Set(), sealer }: PlanOptions = {},
): Steps<PartsPlan> {
  // Most likely that of the base stays, and what is written to find out the sizes can be used.
  if (base !== undefined) yield* entries.stepsOver(base.fanout)
  let bytes = 0
  for (const bucket of entries.buckets) {
    bytes += bucket?.measure() ?? 0
    yield
  }
  const fanout = fanoutFor({ entries: entries.size, bytes, current: base?.fanout })
  yield* entries.stepsOver(fanout)

  const existing = new Map(base?.fanout === fanout ? base.parts.map((part) => [part.bucket, part]) : [])
  const inOrder: { readonly bucket: number; readonly plain: PartReference['plain'] }[] = []
  const reused: PartReference[] = []
  const fresh: NewPart[] = []
  const keys = new Set<string>()
  const counts = new Map<string, number>()
  for (const [number, bucket] of entries.buckets.entries()) {
    if (bucket === undefined) continue
    const existingPart = existing.get(number)
    const reusable = existingPart !== undefined && !lost.has(existingPart.key) ? existingPart : undefined
    const part = planPart(bucket, number, { reusable, sealer })
    if ('key' in part) reused.push(part)
    else fresh.push(part)
    inOrder.push(part)
    for (const keyId of bucket.keyIds) keys.add(keyId)
    for (const [kind, count] of bucket.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
    yield
  }
  const root = contentRoot(fanout, inOrder)
  // Not by assignment: a kind may have any name, `__proto__` too.
  return { fanout, root, counts: Object.fromEntries(counts), reused, fresh, keys: [...keys].sort() }
}

function planPart(
  bucket: Bucket,
  number: number,
  options: {
    readonly reusable: PartReference | undefined
    readonly sealer: PartSealer | undefined
  },
): PartReference | NewPart {
  const { reusable, sealer } = options
  const isReusable = (plain: PartReference['plain'] | undefined): boolean =>
    plain !== undefined && reusable !== undefined && contentDigest(plain.digest, sealer) === reusable.plain.digest
  if (reusable !== undefined && isReusable(bucket.plain)) return reusable
  const { text, plain } = bucket.encode(number)
  if (reusable !== undefined && isReusable(plain)) return reusable
  const digest = contentDigest(plain.digest, sealer)
  return { bucket: number, from: bucket, text, plain: { digest, size: plain.size }, count: bucket.entries.size }
}
