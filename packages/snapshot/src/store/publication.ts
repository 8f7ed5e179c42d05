import type { SignalOptions } from './domain-context.ts'
import type { Entry } from '../entries/entry.ts'
import { BucketedEntries } from '../entries/entry-set.ts'
import type { Manifest } from '../format/manifest.ts'
import { planParts } from './plan-parts.ts'
import { publishDraft, type PublicationPieces, type PublishResult, type SnapshotDraft } from './publish-draft.ts'

/** A publication that knows its base. Load the source only after this was begun. */
export interface Publication {
  readonly base: Manifest | undefined
  /**
   * Whether the base has exactly this content. Reads nothing. Throws `TypeError` when the entries are no configuration
   * or have no canonical form.
   */
  matches(entries: Iterable<Entry>): boolean
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
  const { base, nextSequence } = await newest.base(options)
  const lost = base && (await lostParts(base.manifest, options))
  return {
    base: base?.manifest,
    matches: (entries) =>
      base !== undefined && planParts(BucketedEntries.of(entries), base.manifest).root === base.manifest.root,
    publish: async (draft, publishOptions = {}) =>
      publishDraft(pieces, { base, lost, nextSequence, begunAt }, draft, publishOptions),
  }
}
