import type { DomainContext, SignalOptions } from './domain-context.ts'
import { transferConcurrency } from '../format/limits.ts'
import { checkCounts, fetchPart, kindsOf } from './load-snapshot.ts'
import type { ManifestLog } from './manifest-log.ts'
import type { Manifest, PartReference } from '../format/manifest.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { SnapshotError, type SnapshotErrorCode } from '../snapshot-error.ts'

/** One thing that is wrong with a snapshot. */
export interface SnapshotProblem {
  readonly code: SnapshotErrorCode
  /** One sentence without content. */
  readonly message: string
}

/** What came of verifying one snapshot. */
export interface SnapshotVerdict {
  readonly sequence: number
  /** Absent when the manifest itself cannot be used. */
  readonly manifest?: Manifest | undefined
  /** Everything that is wrong, not only the first; empty for a snapshot that can be used. */
  readonly problems: readonly SnapshotProblem[]
}

type Kinds = ReadonlyMap<string, number>

/**
 * Verifies snapshots one after another, down to every byte that they name. A part that several of them name is
 * read once. Rejects when the store itself fails: that is no verdict.
 */
export async function* verifySnapshots(
  context: DomainContext,
  log: ManifestLog,
  sequences: readonly number[],
  options: SignalOptions = {},
): AsyncGenerator<SnapshotVerdict> {
  const checked = new Map<string, Promise<Kinds | SnapshotProblem>>()

  for (const sequence of sequences) {
    const manifest = await problemOr(async () => (await log.read(sequence, options))?.manifest)
    if (manifest === undefined) {
      // Pruned since it was listed, or never there.
      const message = `${context.storage.name} has no snapshot ${sequence}`
      yield { sequence, problems: [{ code: 'not-found', message }] }
    } else if ('code' in manifest) {
      yield { sequence, problems: [manifest] }
    } else {
      yield { sequence, manifest, problems: await problemsOf(manifest) }
    }
  }

  async function problemsOf(manifest: Manifest): Promise<SnapshotProblem[]> {
    const results = await mapConcurrently(manifest.parts, transferConcurrency, async (part) => {
      // The whole reference: two manifests may promise different things of one object.
      const name = JSON.stringify([manifest.fanout, manifest.sealing, part])
      const known = checked.get(name) ?? verifyPart(manifest, part)
      checked.set(name, known)
      return known
    })
    const problems = results.filter((result) => 'code' in result)
    if (problems.length > 0) return problems
    const counted = await problemOr(async () => {
      checkCounts(
        manifest,
        results.filter((result) => result instanceof Map).flatMap((kinds) => [...kinds]),
      )
    })
    return counted === undefined ? [] : [counted]
  }

  async function verifyPart(manifest: Manifest, part: PartReference): Promise<Kinds | SnapshotProblem> {
    return problemOr(async () => kindsOf((await fetchPart(context, manifest, part, options)).entries))
  }
}

async function problemOr<Result>(work: () => Promise<Result>): Promise<Result | SnapshotProblem> {
  try {
    return await work()
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    return { code: error.code, message: error.message }
  }
}
