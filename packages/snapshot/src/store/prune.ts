import { writable, type DomainContext, type SignalOptions } from './domain-context.ts'
import { defaultGraceMs, transferConcurrency } from '../format/limits.ts'
import type { ManifestLog } from './manifest-log.ts'
import type { Manifest } from '../format/manifest.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { timeOfUuidV7 } from '../format/uuid-v7.ts'

export interface PruneOptions extends SignalOptions {
  /** How many of the newest snapshots stay; at least 1. */
  readonly keep: number
  /** Nothing younger is deleted. Default one hour; a publication gives up after half of that. */
  readonly graceMs?: number | undefined
  /** Only count. */
  readonly dryRun?: boolean | undefined
}

/**
 * Deletes what retention no longer keeps. The order is what makes it safe beside publishers: parts are listed
 * first and manifests after, so a part of a commit that happens in between is either not listed or named.
 */
export async function prune(
  context: DomainContext,
  log: ManifestLog,
  { keep, graceMs = defaultGraceMs, dryRun = false, signal }: PruneOptions,
): Promise<{ readonly manifests: number; readonly parts: number }> {
  const { storage, layout, clock } = context
  const deletable = dryRun ? undefined : writable(context)
  if (!Number.isInteger(keep) || keep < 1) throw new RangeError('At least one snapshot must be kept')

  const oldest = clock.now() - graceMs
  const parts: string[] = []
  for await (const key of storage.list(layout.parts, { signal })) parts.push(key)
  const { kept, expired, isComplete } = await chooseManifests(log, { keep, oldest, signal })
  const newestAt = timeOfUuidV7(kept[0]?.commitId ?? '') ?? Number.NEGATIVE_INFINITY

  const remove = async (key: string): Promise<void> => deletable?.delete(key, { signal })
  // Manifests first: a reader must not find one whose parts are gone.
  await mapConcurrently(expired.map(layout.manifest), transferConcurrency, remove)
  const named = new Set(kept.flatMap((manifest) => manifest.parts.map(layout.part)))
  // Without every remaining manifest nobody knows what is still needed.
  const unused = isComplete ? parts.filter((key) => !named.has(key) && isOld(key)) : []
  await mapConcurrently(unused, transferConcurrency, remove)
  return { manifests: expired.length, parts: unused.length }

  function isOld(key: string): boolean {
    const begunAt = timeOfUuidV7(key.slice(layout.parts.length).split('/', 1)[0] ?? '')
    // The number of a commit that began after the newest may still be free, however long its publisher sleeps.
    return begunAt !== undefined && begunAt < oldest && begunAt <= newestAt
  }
}

interface Choice {
  readonly kept: readonly Manifest[]
  readonly expired: readonly number[]
  /** Whether every manifest that stays could be read. */
  readonly isComplete: boolean
}

async function chooseManifests(
  log: ManifestLog,
  { keep, oldest, signal }: SignalOptions & { readonly keep: number; readonly oldest: number },
): Promise<Choice> {
  const sequences = await log.sequences({ signal })
  const kept: Manifest[] = []
  let isComplete = true
  let isPastGrace = false
  for (const [index, sequence] of sequences.entries()) {
    // Whatever has a lower number than an old one is older still, and need not be read.
    if (kept.length >= keep && isPastGrace) return { kept, expired: sequences.slice(index), isComplete }
    const read = await log.tryRead(sequence, { signal })
    if (read === 'unusable') isComplete = false
    if (typeof read !== 'object') continue
    isPastGrace = (timeOfUuidV7(read.manifest.commitId) ?? Number.POSITIVE_INFINITY) < oldest
    if (kept.length >= keep && isPastGrace) return { kept, expired: sequences.slice(index), isComplete }
    kept.push(read.manifest)
  }
  return { kept, expired: [], isComplete }
}
