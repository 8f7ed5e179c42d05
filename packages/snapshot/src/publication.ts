import type { SignalOptions } from './domain-context.ts'
import type { Manifest } from './manifest.ts'
import { publishDraft, type PublicationPieces, type PublishResult, type SnapshotDraft } from './publish-draft.ts'

/** A publication that knows its base. Load the source only after this was begun. */
export interface Publication {
  readonly base: Manifest | undefined
  /**
   * Commits the draft as the successor of the base. Rejects with `StorageError` or `SnapshotError`, and with
   * `TypeError` when the draft's entries are no configuration or have no canonical form.
   */
  publish(draft: SnapshotDraft, options?: { readonly signal?: AbortSignal | undefined }): Promise<PublishResult>
}

/** Reads the base: the first step, before the source is asked. */
export async function beginPublication(pieces: PublicationPieces, options: SignalOptions): Promise<Publication> {
  const { context, newest } = pieces
  const begunAt = context.clock.now()
  const { base, nextSequence } = await newest.base(options)
  return {
    base: base?.manifest,
    publish: async (draft, publishOptions = {}) =>
      publishDraft(pieces, { base, nextSequence, begunAt }, draft, publishOptions),
  }
}
