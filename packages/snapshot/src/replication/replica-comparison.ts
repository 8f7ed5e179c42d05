import type { SignalOptions } from '../store/domain-context.ts'
import type { Head } from '../store/head.ts'
import type { ManifestLog } from '../store/manifest-log.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import type { ReplicationProblem } from './replication-report.ts'

export interface Logs {
  readonly source: ManifestLog
  readonly replica: ManifestLog
}

/** What is known before the stores are listed. */
export interface Knowledge {
  /** Up to here the replica has had everything; 0 when that is not known. What it lacks below was pruned. */
  readonly completeTo: number
  /** The replica's newest manifest when it was last looked at, which the source had too. */
  readonly newest: VerifiedManifest | undefined
  readonly sourceHead: Head | undefined
}

export interface Comparison {
  /** The newest manifest of the replica that can be read. */
  readonly newest: VerifiedManifest | undefined
  /** The numbers that the replica lacks, newest first. */
  readonly missing: readonly number[]
  /** A number under which the replica holds what the source does not. */
  readonly divergedAt?: number | undefined
  /** What the replica holds above its newest, and cannot be read. */
  readonly problems: readonly ReplicationProblem[]
}

/** Compares what two stores hold, by one list of each, and by the newest manifest that both have. */
export async function compareReplica(
  logs: Logs,
  { completeTo, newest: known, sourceHead }: Knowledge,
  options: SignalOptions,
): Promise<Comparison> {
  let from = completeTo
  // The replica first: all that it has is older than the source's list, unless it came from elsewhere.
  let theirs = await logs.replica.sequences({ ...options, from: Math.max(1, from) })
  if (theirs.length === 0 && from > 1) {
    // It was emptied, its head perhaps not.
    from = 0
    theirs = await logs.replica.sequences(options)
  }
  const ours = await logs.source.sequences({ ...options, from: Math.max(1, from) })
  const had = new Set(theirs)
  const missing = ours.filter((sequence) => sequence > from && !had.has(sequence))

  const found = await newestOf(theirs)
  const { problems } = found
  let { newest } = found
  if (newest === undefined && theirs.length > 0 && from > 1) {
    const lower = (await logs.replica.sequences(options)).filter((sequence) => sequence < from)
    newest = (await newestOf(lower)).newest
  }
  const [highest = 0] = theirs
  if (highest > (ours[0] ?? 0)) return { newest, missing, problems, divergedAt: highest }
  if (newest === undefined || isAgreed(newest) || (await isSame(newest))) return { newest, missing, problems }
  return { newest, missing, problems, divergedAt: newest.manifest.sequence }

  async function newestOf(sequences: readonly number[]): Promise<Pick<Comparison, 'newest' | 'problems'>> {
    const unusable: ReplicationProblem[] = []
    for (const sequence of sequences) {
      if (sequence === known?.manifest.sequence) return { newest: known, problems: unusable }
      const read = await logs.replica.tryRead(sequence, options)
      if (typeof read === 'object') return { newest: read, problems: unusable }
      const message = `The replica's manifest ${sequence} cannot be used`
      if (read === 'unusable') unusable.push({ sequence, code: 'damaged', message })
    }
    return { newest: undefined, problems: unusable }
  }

  /** Whether it was compared before, and nothing says that the source has another one by now. */
  function isAgreed(manifest: VerifiedManifest): boolean {
    const isDoubtful = sourceHead?.sequence === manifest.manifest.sequence && sourceHead.manifest !== manifest.digest
    return manifest === known && missing.length === 0 && !isDoubtful
  }

  async function isSame({ manifest, digest }: VerifiedManifest): Promise<boolean> {
    const read = await logs.source.tryRead(manifest.sequence, options)
    // What the source has pruned, or cannot read any more, says nothing against the replica.
    return typeof read !== 'object' || read.digest === digest
  }
}
