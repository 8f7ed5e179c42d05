import { isDeepStrictEqual } from 'node:util'
import { commitManifest } from './commit-manifest.ts'
import type { DomainContext, SignalOptions } from '../store/domain-context.ts'
import type { Entry } from '../entries/entry.ts'
import { errorMessage } from '../error-message.ts'
import type { HeadFile } from '../store/head.ts'
import { publicationDeadlineMs, transferConcurrency } from '../format/limits.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import type { LostParts } from './lost-parts.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import type { Approval, Hold, Manifest, Needs } from '../format/manifest.ts'
import type { PartSealer } from '../sealing/part-sealer.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import type { NewestManifest } from '../store/newest-manifest.ts'
import type { PartsPlan } from './plan-parts.ts'
import { comparePositions, type Position } from '../format/position.ts'
import { entryCount, recentCountsAfter } from '../format/recent-counts.ts'
import { uploadPart } from './upload-part.ts'
import { uuidV7 } from '../format/uuid-v7.ts'
import { warnOfLessProtection } from './warn-of-less-protection.ts'

/** What a publisher wants to commit. */
export interface SnapshotDraft {
  /** In any order. With an `EntrySet`, the publication costs what has changed since it was last published. */
  readonly entries: Iterable<Entry>
  readonly position: Position
  readonly source: { readonly identity: string }
  /** What must be loaded with it. The keys of encrypted fields need not be told: they are found. */
  readonly needs?: Pick<Needs, 'instance'> | undefined
  /** Keeps exporters from committing, and nodes from returning to the control plane. For an operator's drafts. */
  readonly hold?: Hold | undefined
  readonly approvals?: readonly Approval[] | undefined
}

export type PublishResult =
  | {
      readonly status: 'published'
      readonly manifest: Manifest
      /** Parts and manifest, as stored. */
      readonly uploadedBytes: number
      readonly uploadedParts: number
      readonly reusedParts: number
    }
  /** The newest snapshot has this content already; only the heartbeat was written. */
  | { readonly status: 'unchanged'; readonly manifest: Manifest }
  /** Another publisher took the number, or too much time has passed. Begin again: read the base, then the source. */
  | { readonly status: 'lost' }
  /** The draft stands behind its base, and would take readers back; or an operator holds what is there. */
  | { readonly status: 'refused'; readonly reason: 'position-behind-base' | 'held' }

/** The store's parts that a publication works with. */
export interface PublicationPieces {
  readonly context: DomainContext
  readonly log: ManifestLog
  readonly newest: NewestManifest
  readonly head: HeadFile
  readonly lostParts: LostParts
}

/** What is known of a draft's place, and was before the source was asked, apart from the plan. */
export interface Beginning {
  readonly base: VerifiedManifest | undefined
  /** How the draft's entries are laid out; parts that the store has lost are not taken over. */
  readonly plan: () => Promise<PartsPlan>
  readonly sealer: PartSealer | undefined
  readonly nextSequence: number
  readonly begunAt: number
}

export async function publishDraft(
  pieces: PublicationPieces,
  { base, plan: makePlan, sealer, nextSequence, begunAt }: Beginning,
  draft: SnapshotDraft,
  options: SignalOptions,
): Promise<PublishResult> {
  const { context, log, newest } = pieces
  if (base !== undefined && comparePositions(draft.position, base.manifest.position) < 0) {
    return { status: 'refused', reason: 'position-behind-base' }
  }
  if (base?.manifest.hold !== undefined && !isOperators(draft)) return { status: 'refused', reason: 'held' }
  const plan = await makePlan()
  // Above a base that is not the highest there is something unusable that readers may run: equal content must outrank it.
  const isHighest = base !== undefined && nextSequence === base.manifest.sequence + 1
  if (isHighest && isUnchanged(base.manifest, draft, plan)) {
    await beat(pieces, base, draft.position.revision, options)
    return { status: 'unchanged', manifest: base.manifest }
  }

  const commitId = uuidV7(context.clock.now())
  const uploaded = await mapConcurrently(plan.fresh, transferConcurrency, async (part) =>
    uploadPart(context, commitId, part, { ...options, sealer }),
  )
  // A pruner may soon take what this publication relies on for lost.
  // A clock that was turned back does not tell how long it took.
  const isLate = (): boolean => Math.abs(context.clock.now() - begunAt) > publicationDeadlineMs
  if (isLate()) return { status: 'lost' }

  const manifest: Manifest = {
    format: 1,
    leastReader: 1,
    group: context.group,
    domain: context.domain,
    sequence: nextSequence,
    commitId,
    createdAt: new Date(context.clock.now()).toISOString(),
    position: draft.position,
    source: draft.source,
    ...(base === undefined ? {} : { previous: base.digest }),
    fanout: plan.fanout,
    parts: [...plan.reused, ...uploaded].sort((left, right) => left.bucket - right.bucket),
    counts: plan.counts,
    // What an operator lets pass begins anew.
    recentCounts: draft.approvals === undefined ? recentCountsOf(base?.manifest, plan, context.clock.now()) : undefined,
    root: plan.root,
    needs: needsOf(draft, plan),
    hold: draft.hold,
    approvals: draft.approvals,
    sealing: sealer?.sealing,
  }
  const commit = await commitManifest(context, log, manifest, { ...options, reused: plan.reused })
  // Asleep in the commit itself: the number may have been pruned and taken again, so the next look decides.
  if (commit.status === 'lost' || isLate()) return { status: 'lost' }
  warnOfLessProtection(context, base?.manifest, manifest)
  if (commit.verified !== undefined) {
    newest.learn(commit.verified)
    await beat(pieces, commit.verified, draft.position.revision, options)
  }
  const partBytes = uploaded.reduce((sum, part) => sum + part.stored.size, 0)
  return {
    status: 'published',
    manifest: commit.verified?.manifest ?? manifest,
    uploadedBytes: partBytes + commit.storedBytes,
    uploadedParts: uploaded.length,
    reusedParts: plan.reused.length,
  }
}

function isUnchanged(base: Manifest, draft: SnapshotDraft, plan: PartsPlan): boolean {
  return (
    base.root === plan.root &&
    // Equal content needs new parts when the store has lost old ones.
    plan.fresh.length === 0 &&
    base.position.epoch === draft.position.epoch &&
    base.source.identity === draft.source.identity &&
    isDeepStrictEqual(base.needs?.instance, draft.needs?.instance) &&
    // A decision is recorded even if it changes no entry.
    draft.approvals === undefined
  )
}

function isOperators({ approvals = [] }: SnapshotDraft): boolean {
  return approvals.some(({ action }) => action !== 'accept')
}

function recentCountsOf(base: Manifest | undefined, { counts }: PartsPlan, now: number): Manifest['recentCounts'] {
  return recentCountsAfter(base, { entries: entryCount({ counts }), now })
}

function needsOf({ needs }: SnapshotDraft, { keys }: PartsPlan): Needs | undefined {
  if (keys.length === 0) return needs
  return { ...needs, keys }
}

/** The head is a hint: when it cannot be written, the publication has still succeeded. */
async function beat(
  { context, head }: PublicationPieces,
  manifest: VerifiedManifest,
  matchedRevision: number,
  options: SignalOptions,
): Promise<void> {
  try {
    await head.write(manifest, { matchedRevision }, options)
  } catch (error) {
    const { group, domain, storage } = context
    context.logger.warn(
      { store: storage.name, group, domain, error: errorMessage(error) },
      'the head could not be written',
    )
  }
}
