import { chooseManifests, type Choice } from './choose-manifests.ts'
import { writable, type DomainContext, type SignalOptions } from '../store/domain-context.ts'
import { defaultGraceMs, transferConcurrency } from '../format/limits.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import { retentionRule, type Retention } from './retention.ts'
import { timeOfUuidV7 } from '../format/uuid-v7.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { approvalFiles, type StoredApproval } from '../store/approval-files.ts'

export interface PruneOptions extends SignalOptions {
  readonly retention: Retention
  /** Nothing younger is deleted. Default one hour; a publication gives up after half of that. */
  readonly graceMs?: number | undefined
  /** Only count. */
  readonly dryRun?: boolean | undefined
}

/** What was deleted, or would be. */
export interface PruneReport {
  readonly manifests: number
  readonly parts: number
  /** Accepts of what is no longer there to be accepted. */
  readonly approvals: number
  /** How many snapshots stay, and why. While there are unreadable ones, no part is deleted. */
  readonly kept: Choice['kept']
}

/**
 * Deletes what retention no longer keeps. The order is what makes it safe beside publishers: parts are listed
 * first and manifests after, so a part of a commit that happens in between is either not listed or named. SPEC section 16.
 */
export async function prune(
  context: DomainContext,
  log: ManifestLog,
  { retention, graceMs = defaultGraceMs, dryRun = false, signal }: PruneOptions,
): Promise<PruneReport> {
  const { storage, layout, clock } = context
  const deletable = dryRun ? undefined : writable(context)
  const now = clock.now()
  const oldest = now - graceMs
  const rule = retentionRule(retention, now)

  // Of thousands of manifests that stay, nothing is remembered but what they take out of this set.
  const unnamed = new Set<string>()
  for await (const key of storage.list(layout.parts, { signal })) unnamed.add(key)
  const approvals = await approvalFiles(context).list({ signal })
  let newest: VerifiedManifest | undefined
  const { expired, kept } = await chooseManifests(log, {
    rule,
    oldest,
    signal,
    onKept(verified) {
      newest ??= verified
      for (const part of verified.manifest.parts) unnamed.delete(layout.part(part))
    },
  })

  const remove = async (key: string): Promise<void> => deletable?.delete(key, { signal })
  // Manifests first: a reader must not find one whose parts are gone.
  await mapConcurrently(expired.map(layout.manifest), transferConcurrency, remove)
  // Without every remaining manifest nobody knows what is still needed.
  const unused = kept.unreadable === 0 ? [...unnamed].filter(isOld) : []
  await mapConcurrently(unused, transferConcurrency, remove)
  const spent = approvals.filter(isSpent)
  await mapConcurrently(
    spent.map(({ id }) => layout.approval(id)),
    transferConcurrency,
    remove,
  )
  return { manifests: expired.length, parts: unused.length, approvals: spent.length, kept }

  function isOld(key: string): boolean {
    // Keys of other shapes have none: they are somebody else's.
    const begunAt = timeOfUuidV7(layout.commitIdOf(key) ?? '')
    const newestAt = newest && timeOfUuidV7(newest.manifest.commitId)
    if (begunAt === undefined || newestAt === undefined) return false
    // The number of a commit that began after the newest may still be free, however long its publisher sleeps.
    return begunAt < oldest && begunAt <= newestAt
  }

  /** Of a base that was replaced since; one that still waits for its exporter stays, however long that takes. */
  function isSpent({ approval }: StoredApproval): boolean {
    if (approval === undefined || newest === undefined) return false
    return approval.base !== newest.digest && Date.parse(approval.at) < oldest
  }
}
