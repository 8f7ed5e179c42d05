import { findContradictions } from './contradictions.ts'
import type { SignalOptions } from '../store/domain-context.ts'
import type { Entry, EntryRef } from '../entries/entry.ts'
import { BucketedEntries } from '../entries/entry-set.ts'
import type { Manifest } from '../format/manifest.ts'
import { planParts } from './plan-parts.ts'
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
  /**
   * Whether the base has exactly this content. Reads nothing. Throws `TypeError` when the entries are no configuration
   * or have no canonical form.
   */
  matches(entries: Iterable<Entry>): boolean
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

/** Reads the base: the first step, before the source is asked. */
export async function beginPublication(pieces: PublicationPieces, options: SignalOptions): Promise<Publication> {
  const { context, newest, lostParts } = pieces
  const begunAt = context.clock.now()
  const { base, matchedRevision = 0, nextSequence } = await newest.base(options)
  const knownRevision = Math.max(base?.manifest.position.revision ?? 0, matchedRevision)
  const lost = base && (await lostParts(base.manifest, options))
  const sealer = await context.sealers.forWriting(base?.manifest, options)
  // The base may be sealed with an older key, or not at all, and only its own digests tell what is in it. When it cannot
  // be opened, it differs from everything.
  const sealerOfBase = base && (await context.sealers.forReading(base.manifest, options).catch(() => sealer))
  return {
    base: base?.manifest,
    baseDigest: base?.digest,
    knownRevision,
    matches: (entries) =>
      base !== undefined &&
      planParts(BucketedEntries.of(entries), base.manifest, { sealer: sealerOfBase }).root === base.manifest.root,
    contradictions: async (entries, modified, { signal } = {}) =>
      base === undefined
        ? []
        : findContradictions(
            context,
            { entries, modified, base: base.manifest, knownRevision, sealer: sealerOfBase },
            { signal },
          ),
    publish: async (draft, publishOptions = {}) =>
      publishDraft(pieces, { base, lost, sealer, nextSequence, begunAt }, draft, publishOptions),
  }
}
