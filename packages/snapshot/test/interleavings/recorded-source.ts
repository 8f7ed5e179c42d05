import type { SourceState } from '../../src/sources/config-source.ts'
import type { Entry } from '../../src/entries/entry.ts'
import type { Random } from './random.ts'

/** A source that remembers everything it ever was. */
export interface RecordedSource {
  readonly identity: string
  state(): SourceState
  /** Changes a few entries, or goes back to how everything was before. Either raises the revision. */
  change(): void
  /** What it was at a revision. */
  at(revision: number): readonly Entry[] | undefined
}

// Enough for four buckets at the beginning, which later and smaller configurations keep.
const firstSize = 401
const laterSize = 8

/**
 * Every entry says whose it is and when it was written, so that no two of them can be taken for each other.
 * Revision 1 is the same for every seed, and large; revision 2 is small.
 */
export function recordedSource(identity: string, random: Random, revertRate = 0.4): RecordedSource {
  const past: (readonly Entry[])[] = [[]]
  const stamp = (id: string): Entry => ({
    kind: 'routes',
    id,
    value: { source: identity, id, writtenAt: past.length },
  })
  const stamps = (size: number): Entry[] => Array.from({ length: size }, (_none, index) => stamp(String(index)))
  past.push(stamps(firstSize))
  const current = (): readonly Entry[] => past.at(-1) ?? []

  return {
    identity,
    state: () => ({ identity, revision: past.length - 1, resources: current(), instance: [] }),
    change() {
      if (past.length === 2) past.push(stamps(laterSize))
      else if (random.chance(revertRate)) past.push(random.pick(past.slice(2).slice(-4)))
      else {
        const changed = new Set([random.below(laterSize), random.below(laterSize)].map(String))
        past.push(current().map((entry) => (changed.has(entry.id) ? stamp(entry.id) : entry)))
      }
    },
    at: (revision) => past[revision],
  }
}
