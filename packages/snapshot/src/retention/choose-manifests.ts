import type { SignalOptions } from '../store/domain-context.ts'
import { transferConcurrency } from '../format/limits.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import { mapConcurrently } from '../store/map-concurrently.ts'
import type { RetentionRule, StayReason } from './retention.ts'
import { timeOfUuidV7 } from '../format/uuid-v7.ts'

/** Why a snapshot is not pruned: retention wants it, it is younger than the grace, or it cannot be read. */
type KeptReason = StayReason | 'young' | 'unreadable'

export interface Choice {
  /** The numbers of those that need not stay. */
  readonly expired: readonly number[]
  readonly kept: Readonly<Record<KeptReason, number>>
}

/**
 * Reads manifests, newest first, and decides which of them stay. Those that do are handed to `onKept` in this order
 * and not remembered. `oldest` is the time from which on nothing is given up.
 */
export async function chooseManifests(
  log: ManifestLog,
  options: SignalOptions & {
    readonly rule: RetentionRule
    readonly oldest: number
    readonly onKept: (kept: VerifiedManifest) => void
  },
): Promise<Choice> {
  const { rule, oldest, onKept, signal } = options
  const sequences = await log.sequences({ signal })
  const expired: number[] = []
  const kept: Record<KeptReason, number> = { newest: 0, minutely: 0, hourly: 0, young: 0, unreadable: 0 }
  // Whether one was met that nothing below it outlasts, as far as clocks can be trusted.
  let isBeyond = false

  let next = 0
  while (next < sequences.length) {
    // By count alone, whatever has a lower number than an old one is older still, and need not be read.
    if (isBeyond && rule.left() === 0) return { expired: [...expired, ...sequences.slice(next)], kept }
    const chunk = sequences.slice(next, next + Math.min(transferConcurrency, Math.max(1, rule.left())))
    next += chunk.length
    const reads = await mapConcurrently(chunk, transferConcurrency, async (sequence) =>
      log.tryRead(sequence, { signal }),
    )
    for (const [index, sequence] of chunk.entries()) {
      const read = reads[index]
      if (typeof read === 'object') judge(sequence, read)
      // Its time is not known either, so it goes when everything of its age does.
      else if (read === 'unusable' && isBeyond) expired.push(sequence)
      else if (read === 'unusable') kept.unreadable += 1
    }
  }
  return { expired, kept }

  function judge(sequence: number, read: VerifiedManifest): void {
    const at = timeOfUuidV7(read.manifest.commitId) ?? Number.POSITIVE_INFINITY
    const isPastGrace = at < oldest
    const reason = rule.judge(at) ?? (isPastGrace ? undefined : 'young')
    isBeyond ||= isPastGrace && rule.isBeyond(at)
    if (reason === undefined) {
      expired.push(sequence)
    } else {
      kept[reason] += 1
      onKept(read)
    }
  }
}
