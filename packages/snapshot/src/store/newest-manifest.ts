import type { DomainContext, SignalOptions } from './domain-context.ts'
import type { Head, HeadFile, HeldCandidate } from './head.ts'
import type { VerifiedManifest } from '../format/manifest-codec.ts'
import type { ManifestLog } from './manifest-log.ts'
import type { Manifest } from '../format/manifest.ts'
import { maximumSequence } from '../format/limits.ts'
import { isOperatorIdentity } from '../format/operator-identity.ts'
import { comparePositions } from '../format/position.ts'
import { SnapshotError } from '../snapshot-error.ts'

/** The newest commit, and what the head's heartbeat says about it. */
export interface LatestSnapshot {
  readonly manifest: Manifest
  /** Of the manifest's bytes. */
  readonly digest: string
  /** Milliseconds since the Unix epoch when an exporter last looked at the source; `undefined` without a readable head. */
  readonly checkedAt?: number | undefined
  /** … and last found it equal to this snapshot. Staleness counts from here. */
  readonly matchedAt?: number | undefined
  readonly matchedRevision?: number | undefined
  /** Why the exporter refuses to publish, when it does. */
  readonly held?: string | undefined
  /** What it would publish, if somebody accepted it. */
  readonly candidate?: HeldCandidate | undefined
}

/** Finds the newest commit with as few requests as safety allows. SPEC section 13. */
export interface NewestManifest {
  /** For readers: never older than what was returned before. */
  latest(options?: SignalOptions): Promise<LatestSnapshot | undefined>
  /**
   * For publishers: what the store holds at this moment, at which revision and when the source was equal to it, as its
   * head says, and the least free number above everything in it.
   */
  base(options?: SignalOptions): Promise<{
    readonly base: VerifiedManifest | undefined
    readonly matchedRevision: number | undefined
    readonly matchedAt: number | undefined
    readonly nextSequence: number
  }>
  /** What the store held when it was last looked at. */
  stored(): VerifiedManifest | undefined
  /** Takes note of a manifest that was read from the store. */
  learn(found: VerifiedManifest): void
}

/** A heartbeat that is older says that nobody looks after the head any more. */
const overdueMs = 180_000
/** Every so many calls ask for the next number, whatever the head says. */
const callsPerProbe = 10

export function newestManifest(context: DomainContext, log: ManifestLog, headFile: HeadFile): NewestManifest {
  const { clock } = context
  // What the store holds, and what readers were told: they differ only when a store was wiped.
  let stored: VerifiedManifest | undefined
  let told: VerifiedManifest | undefined
  let calls = 0
  let listedAt = Number.NEGATIVE_INFINITY

  function learn(found: VerifiedManifest): void {
    stored = found
    if (told === undefined || isNewer(found, told)) told = found
  }

  /** Walks from the newest number in the store down to the first usable manifest; `known` need not be read again. */
  async function walk(
    head: Head | undefined,
    known: VerifiedManifest | undefined,
    options: SignalOptions,
  ): Promise<{ readonly found: VerifiedManifest | undefined; readonly sequences: readonly number[] }> {
    const from = stored?.manifest.sequence ?? head?.sequence ?? 1
    let sequences = await log.sequences({ ...options, from })
    let found = await firstUsable(sequences, known, options)
    if (found === undefined && from > 1) {
      // Nothing usable there: the hint was wrong, everything since is damaged, or the store was wiped.
      const lower = (await log.sequences(options)).filter((sequence) => sequence < from)
      found = await firstUsable(lower, known, options)
      sequences = [...sequences, ...lower]
    }
    listedAt = clock.now()
    stored = found
    if (found !== undefined) learn(found)
    return { found, sequences }
  }

  async function firstUsable(
    sequences: readonly number[],
    known: VerifiedManifest | undefined,
    options: SignalOptions,
  ): Promise<VerifiedManifest | undefined> {
    for (const sequence of sequences) {
      if (sequence === known?.manifest.sequence) return known
      const manifest = await log.tryRead(sequence, options)
      if (typeof manifest === 'object') return manifest
    }
    return undefined
  }

  /** Whether the head and single reads tell enough; otherwise the store must be listed. */
  async function followHints(head: Head | undefined, options: SignalOptions): Promise<boolean> {
    if (head === undefined || stored === undefined) return false
    const { sequence } = stored.manifest
    if (isDoubtful(head, sequence)) return false
    if (head.sequence === sequence && head.manifest !== stored.digest) return false
    if (head.sequence > sequence) {
      const next = await log.tryRead(head.sequence, options)
      if (typeof next !== 'object') return false
      learn(next)
    }
    return calls % callsPerProbe !== 0 || (await log.tryRead(stored.manifest.sequence + 1, options)) === 'absent'
  }

  /** What is remembered, unless the head says that the store holds something else under its number. */
  function uncontradicted(head: Head | undefined): VerifiedManifest | undefined {
    return head?.sequence === stored?.manifest.sequence && head?.manifest !== stored?.digest ? undefined : stored
  }

  function isDoubtful(head: Head, sequence: number): boolean {
    const now = clock.now()
    // A heartbeat from the future is a clock that is wrong, and no better. A head that points back was written
    // late, or belongs to a store that was wiped and begun again. During a long outage every head is overdue,
    // so lists are kept rare.
    const isOverdue = Math.abs(now - head.checkedAt) > overdueMs
    return (isOverdue || head.sequence < sequence) && Math.abs(now - listedAt) > overdueMs
  }

  /** A store that newer software writes to is not for this publisher; damaged manifests are for it to supersede. */
  async function refuseNewerVersion(sequences: readonly number[], options: SignalOptions): Promise<void> {
    for (const sequence of sequences) {
      try {
        await log.read(sequence, options)
      } catch (error) {
        if (!SnapshotError.isInstance(error) || error.code === 'unsupported-version') throw error
      }
    }
  }

  /** Only somebody who is no publisher can have taken the last number, and only a person can give it back. */
  function numberAfter(highest: number): number {
    if (highest < maximumSequence) return highest + 1
    throw new SnapshotError(
      'limit-exceeded',
      `${context.storage.name} holds a manifest under the last number there is, ${highest}: nothing can be published until it is deleted`,
    )
  }

  return {
    learn,
    stored: () => stored,
    async latest(options = {}) {
      calls += 1
      const head = await headFile.read(options)
      if (!(await followHints(head, options))) await walk(head, uncontradicted(head), options)
      return told && describe(told, head)
    },
    async base(options = {}) {
      // Nothing is taken from memory: the store may have lost or damaged it, which a publication repairs.
      const head = await headFile.read(options)
      const { found, sequences } = await walk(head, undefined, options)
      const passedOver = sequences.filter((sequence) => sequence > (found?.manifest.sequence ?? 0))
      await refuseNewerVersion(passedOver, options)
      const beat = head?.manifest === found?.digest ? head : undefined
      return {
        base: found,
        matchedRevision: beat?.matchedRevision,
        matchedAt: beat?.matchedAt,
        nextSequence: numberAfter(sequences[0] ?? 0),
      }
    },
  }
}

// A lower number is newer only in a store that was wiped and begun again, which raises the epoch.
function isNewer(found: VerifiedManifest, told: VerifiedManifest): boolean {
  return (
    found.manifest.sequence > told.manifest.sequence ||
    comparePositions(found.manifest.position, told.manifest.position) > 0
  )
}

function describe(found: VerifiedManifest, head: Head | undefined): LatestSnapshot {
  const { manifest, digest } = found
  if (head === undefined) return found
  const { checkedAt, held, candidate } = head
  if (head.manifest === digest) {
    return { ...found, checkedAt, matchedAt: head.matchedAt, matchedRevision: head.matchedRevision, held, candidate }
  }
  // The head speaks of another snapshot. A newer manifest than the head's matched its source when it was made.
  if (head.sequence > manifest.sequence || isOperatorIdentity(manifest.source.identity))
    return { ...found, checkedAt, held }
  return {
    ...found,
    checkedAt,
    matchedAt: Date.parse(manifest.createdAt),
    matchedRevision: manifest.position.revision,
  }
}
