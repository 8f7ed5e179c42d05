import type { SourceState } from '../../src/sources/config-source.ts'
import { entryKey, type Entry } from '../../src/entries/entry.ts'
import type { Random } from './random.ts'

/** A state, and the history that it belongs to: a source that is started anew begins another era. */
export interface RecordedState extends SourceState {
  readonly era: number
  readonly modified: NonNullable<SourceState['modified']>
}

/** A source that remembers everything it ever was. */
export interface RecordedSource {
  readonly identity: string
  state(): RecordedState
  /** Changes a few entries, or goes back to how everything was before. Either raises the revision. */
  change(): void
  /** As a store that was wiped, filled with these entries one by one, and stands at this revision. */
  startAnew(entries: readonly Entry[], revision: number): void
  /** As a store whose files of the era before were put back. */
  restore(): void
  /** Entries as the source writes them now, which nobody has ever seen. */
  newEntries(): readonly Entry[]
  /** What it was at a revision, in every era that has been there. */
  at(revision: number): readonly RecordedState[]
  /** What follows a state; `lost` when its era has ended there. */
  after(state: RecordedState): RecordedState | 'lost' | undefined
  /** Told after everything that happens. */
  readonly listeners: (() => void)[]
}

interface Version {
  readonly entries: readonly Entry[]
  readonly modified: ReadonlyMap<string, number>
}

// Enough for four buckets at the beginning, which later and smaller configurations keep.
const firstSize = 401
const laterSize = 8

/**
 * Every entry says whose it is and when it was written, so that no two of them can be taken for each other.
 * Revision 1 is the same for every seed, and large; revision 2 is small.
 */
export function recordedSource(identity: string, random: Random, revertRate = 0.4): RecordedSource {
  const eras: Map<number, Version>[] = []
  const listeners: (() => void)[] = []
  let history = new Map<number, Version>()
  let revision = 0

  const versionAt = (era: number, at: number): RecordedState | undefined => {
    const version = eras[era]?.get(at)
    if (version === undefined) return undefined
    const { entries, modified } = version
    return {
      identity,
      era,
      revision: at,
      resources: entries,
      instance: [],
      modified: { resources: modified, instance: new Map() },
    }
  }
  const state = (): RecordedState => {
    const newest = versionAt(eras.length - 1, revision)
    if (newest === undefined) throw new Error('A source has a state at every moment')
    return newest
  }
  const stamp = (id: string): Entry => ({
    kind: 'routes',
    id,
    value: { source: identity, id, era: eras.length, writtenAt: revision + 1 },
  })
  const stamps = (size: number): Entry[] => Array.from({ length: size }, (_none, index) => stamp(String(index)))
  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  function begin(beginning: Map<number, Version>, at: number): void {
    history = beginning
    revision = at
    eras.push(history)
    tell()
  }

  function advance(entries: readonly Entry[]): void {
    const before = state()
    const kept = new Set(before.resources)
    revision += 1
    const modifiedAt = (entry: Entry): number =>
      (kept.has(entry) ? before.modified.resources.get(entryKey(entry)) : undefined) ?? revision
    history.set(revision, { entries, modified: new Map(entries.map((entry) => [entryKey(entry), modifiedAt(entry)])) })
    tell()
  }

  const first = stamps(firstSize)
  begin(new Map([[1, { entries: first, modified: new Map(first.map((entry) => [entryKey(entry), 1])) }]]), 1)

  return {
    identity,
    listeners,
    state,
    newEntries: () => stamps(laterSize),
    change() {
      const { resources } = state()
      const small = [...history.values()].map(({ entries }) => entries).filter(({ length }) => length <= laterSize)
      if (resources.length > laterSize) advance(stamps(laterSize))
      else if (random.chance(revertRate)) advance(random.pick(small.slice(-4)))
      else {
        const changed = new Set([random.below(laterSize), random.below(laterSize)].map(String))
        advance(resources.map((entry) => (changed.has(entry.id) ? stamp(entry.id) : entry)))
      }
    },
    startAnew(entries, at) {
      const modified = new Map(entries.map((entry) => [entryKey(entry), 1 + random.below(at)]))
      begin(new Map([[at, { entries, modified }]]), at)
    },
    restore() {
      const past = eras.at(-2) ?? history
      begin(new Map(past), Math.max(...past.keys()))
    },
    at: (at) => eras.flatMap((_history, era) => versionAt(era, at) ?? []),
    after: ({ era, revision: at }) => versionAt(era, at + 1) ?? (era === eras.length - 1 ? undefined : 'lost'),
  }
}
