import { findContradictions } from './contradictions.ts'
import type { SignalOptions } from '../store/domain-context.ts'
import type { Entry, EntryRef } from '../entries/entry.ts'
import { BucketedEntries } from '../entries/entry-set.ts'
import { differingEntries, differingParts, type DifferingEntries } from './differing-entries.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { planParts, planSteps, type PartsPlan } from './plan-parts.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { stepsInSlices } from '../entries/in-slices.ts'
import { publishDraft, type PublicationPieces, type PublishResult, type SnapshotDraft } from './publish-draft.ts'

/** A publication that knows its base. Load the source only after this was begun: SPEC section 11. */
export interface Publication {
  readonly base: Manifest | undefined
  /** Of the base's bytes. */
  readonly baseDigest: string | undefined
  /**
   * The highest revision at which the source is known to have had the base's content: the base's own, or that of a later
   * heartbeat. A source of the base's identity that is loaded now and stands lower has gone back. 0 without a base.
   */
  readonly knownRevision: number
  /** When the source was last found equal to the base, as its head says; milliseconds since the Unix epoch. */
  readonly matchedAt: number | undefined
  /**
   * Whether the base has exactly this content. Reads nothing. Throws `TypeError` when the entries are no configuration
   * or have no canonical form.
   */
  matches(entries: Iterable<Entry>): boolean
  /**
   * What the root of this content would be, as its parts are laid out and sealed on this base: the `candidate` of an
   * approval. `undefined` without a base, or when the base is sealed with a key that is not there.
   */
  rootOf(entries: Iterable<Entry>): string | undefined
  /** Why the format cannot hold this content, without values; `undefined` when it can, as far as parts tell. Reads nothing. */
  refusal(entries: Iterable<Entry>): string | undefined
  /** How many of the base's entries are gone or different at the most: those in parts whose digests differ. Reads nothing. */
  mostLost(entries: Iterable<Entry>): number
  /**
   * The entries of both, as far as parts whose digests differ have them. Reads only those.
   * Rejects with `SnapshotError` as `DomainStore.load` does; with `usableOnly`, parts of the base that cannot be used are
   * passed over instead.
   */
  differing(
    entries: Iterable<Entry>,
    options?: { readonly usableOnly?: boolean | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<DifferingEntries>
  /**
   * Entries that the source (of the base's identity) has not modified since `knownRevision`, by what it says, and that
   * the base has not, or with another value; sorted by key. When there are any, the source was started anew under its
   * old identity; a source that went on gives none. `modified` tells by `entryKey` when each entry was last modified;
   * nothing is concluded about others, nor from parts that cannot be used. Reads only parts of the base that differ.
   */
  contradictions(
    entries: Iterable<Entry>,
    modified: ReadonlyMap<string, number>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly EntryRef[]>
  /**
   * Commits the draft as the successor of the base. Rejects with `StorageError` or `SnapshotError`, and with
   * `TypeError` when the draft's entries are no configuration or have no canonical form.
   */
  publish(draft: SnapshotDraft, options?: { readonly signal?: AbortSignal | undefined }): Promise<PublishResult>
}

export interface BeginOptions extends SignalOptions {
  /** How old the last look at all of the base's parts may be; when it is older, they are read first. Default one hour. */
  readonly verifiedWithinMs?: number | undefined
}

/** Reads the base: the first step, before the source is asked. */
export async function beginPublication(
  pieces: PublicationPieces,
  { verifiedWithinMs, ...options }: BeginOptions,
): Promise<Publication> {
  const { context, newest, lostParts } = pieces
  const begunAt = context.clock.now()
  const { base, matchedRevision = 0, matchedAt, nextSequence } = await newest.base(options)
  const knownRevision = Math.max(base?.manifest.position.revision ?? 0, matchedRevision)
  const lost = base && (await lostParts.of(base.manifest, { ...options, maximumAgeMs: verifiedWithinMs }))
  const sealer = await context.sealers.forWriting(base?.manifest, options)
  // The base may be sealed with an older key, or not at all, and only its own digests tell what is in it. When it cannot
  // be opened, it differs from everything.
  let isOpen = base !== undefined
  const sealerOfBase =
    base &&
    (await context.sealers.forReading(base.manifest, options).catch(() => {
      isOpen = false
      return sealer
    }))
  const planned = new WeakMap<BucketedEntries, PartsPlan>()
  /** On the base as it was sealed, once for each set: judging a state is the larger part of the work of publishing it. */
  const planOf = (entries: BucketedEntries): PartsPlan => {
    const plan = planned.get(entries) ?? planParts(entries, base?.manifest, { sealer: sealerOfBase })
    planned.set(entries, plan)
    return plan
  }
  const isPlanOfDraft = sealer === sealerOfBase && (lost === undefined || lost.size === 0)
  return {
    base: base?.manifest,
    baseDigest: base?.digest,
    knownRevision,
    matchedAt,
    matches: (entries) => base !== undefined && planOf(BucketedEntries.of(entries)).root === base.manifest.root,
    rootOf: (entries) => (isOpen ? planOf(BucketedEntries.of(entries)).root : undefined),
    refusal: (entries) => refusalIn(() => planOf(BucketedEntries.of(entries))),
    mostLost: (entries) =>
      base === undefined ? 0 : countIn(differingParts(base.manifest, planOf(BucketedEntries.of(entries)))),
    differing: async (entries, differingOptions = {}) => {
      const set = BucketedEntries.of(entries)
      return base === undefined
        ? { before: [], after: [...set] }
        : differingEntries(context, { entries: set, base: base.manifest, plan: planOf(set) }, differingOptions)
    },
    contradictions: async (entries, modified, { signal } = {}) => {
      if (base === undefined) return []
      const set = BucketedEntries.of(entries)
      const candidate = { entries: set, modified, base: base.manifest, knownRevision, plan: planOf(set) }
      return findContradictions(context, candidate, { signal })
    },
    publish: async (draft, publishOptions = {}) => {
      const plan = async (): Promise<PartsPlan> => {
        const entries = await stepsInSlices(BucketedEntries.stepsOf(draft.entries))
        const known = isPlanOfDraft ? planned.get(entries) : undefined
        const made = known ?? (await stepsInSlices(planSteps(entries, base?.manifest, { lost, sealer })))
        if (isPlanOfDraft) planned.set(entries, made)
        return made
      }
      return publishDraft(pieces, { base, plan, sealer, nextSequence, begunAt }, draft, publishOptions)
    },
  }
}

/** Why a plan cannot be made, when the format is what stands in the way. */
function refusalIn(plan: () => PartsPlan): string | undefined {
  try {
    plan()
    return undefined
  } catch (error) {
    if (SnapshotError.isInstance(error) && error.code === 'limit-exceeded') return error.message
    throw error
  }
}

function countIn(parts: readonly PartReference[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0)
}
